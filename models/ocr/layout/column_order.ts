import type { Box } from "../page.ts";

/** Parts may reach this share of their common extent over each other: boxes are never exact. */
const OVERLAP_SHARE = 0.005;

/** Beginning and end of a box along one of the axes. */
type Interval = (box: Box) => readonly [start: number, end: number];

const ACROSS: Interval = ({ left, right }) => [left, right];
const DOWN: Interval = ({ top, bottom }) => [top, bottom];

/**
 * Puts parts of a page into reading order by cutting it where nothing stands: into columns if it
 * has any, else into bands that have columns or are one part, and so on with each of them.
 *
 * @see Nagy and Seth, "Hierarchical Representation of Optically Scanned Documents", 1984
 */
export function inColumnOrder<T extends { readonly box: Box }>(parts: readonly T[]): T[] {
  const columns = cut(parts, ACROSS);
  if (columns.length > 1) return columns.flatMap(inColumnOrder);
  const bands = joinColumns(cut(parts, DOWN));
  if (bands.length > 1) return bands.flatMap(inColumnOrder);
  // They overlap: the higher one first.
  return parts.toSorted((a, b) => a.box.top - b.box.top || a.box.left - b.box.left);
}

/** Parts between the gaps along an axis. */
function cut<T extends { readonly box: Box }>(parts: readonly T[], interval: Interval): T[][] {
  const sorted = parts.toSorted((a, b) => interval(a.box)[0] - interval(b.box)[0]);
  const starts = parts.map(({ box }) => interval(box)[0]);
  const ends = parts.map(({ box }) => interval(box)[1]);
  const tolerance = OVERLAP_SHARE * (Math.max(...ends) - Math.min(...starts));
  const pieces: T[][] = [];
  let reached = -Infinity;
  for (const part of sorted) {
    const [start, end] = interval(part.box);
    if (start >= reached - tolerance) pieces.push([part]);
    else pieces.at(-1)!.push(part);
    reached = Math.max(reached, end);
  }
  return pieces;
}

/** Joins rows, from top to bottom, as long as a gap between columns runs through them. */
function joinColumns<T extends { readonly box: Box }>(rows: readonly T[][]): T[][] {
  const bands: T[][] = [];
  for (const row of rows) {
    const joined = [...bands.at(-1) ?? [], ...row];
    if (bands.length > 0 && cut(joined, ACROSS).length > 1) bands[bands.length - 1] = joined;
    else bands.push(row);
  }
  return bands;
}
