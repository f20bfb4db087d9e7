import type { Box } from "../page.ts";

/** Beginning and end of a box along one of the axes. */
type Interval = (box: Box) => readonly [start: number, end: number];

const ACROSS: Interval = ({ left, right }) => [left, right];
const DOWN: Interval = ({ top, bottom }) => [top, bottom];

/**
 * Puts parts of a page into reading order by cutting it where nothing stands: into columns if it
 * has any, else across, so that as much as possible lies in columns then, and so on with both sides.
 *
 * @see Nagy and Seth, "Hierarchical Representation of Optically Scanned Documents", 1984
 */
export function inColumnOrder<T extends { readonly box: Box }>(parts: readonly T[]): T[] {
  const [column] = cuts(parts, ACROSS);
  if (column !== undefined) return column.flatMap(inColumnOrder);
  const rows = cuts(parts, DOWN);
  const inColumns = rows.map((sides) =>
    Math.max(...sides.map((side) => cuts(side, ACROSS).length > 0 ? side.length : 0))
  );
  const row = rows[inColumns.indexOf(Math.max(...inColumns))];
  if (row !== undefined) return row.flatMap(inColumnOrder);
  // They overlap: the higher one first.
  return parts.toSorted((a, b) => a.box.top - b.box.top || a.box.left - b.box.left);
}

/** What lies on either side of each gap along an axis. */
function cuts<T extends { readonly box: Box }>(
  parts: readonly T[],
  interval: Interval,
): [before: T[], after: T[]][] {
  const sorted = parts.toSorted((a, b) => interval(a.box)[0] - interval(b.box)[0]);
  const found: [T[], T[]][] = [];
  let reached = -Infinity;
  for (const [i, { box }] of sorted.entries()) {
    const [start, end] = interval(box);
    if (i > 0 && start >= reached) found.push([sorted.slice(0, i), sorted.slice(i)]);
    reached = Math.max(reached, end);
  }
  return found;
}
