import { boundsOf, type Quad } from "./page.ts";

/** Lines whose middles are closer than this share of their height stand beside each other. */
const SAME_ROW_SHARE = 0.5;

/** Puts lines that stand beside each other from left to right, and these rows from top to bottom. */
export function inReadingOrder<T extends { readonly quad: Quad }>(lines: readonly T[]): T[][] {
  const placed = lines
    .map((line) => ({ line, box: boundsOf(line.quad) }))
    .sort((a, b) => middle(a.box) - middle(b.box));
  const rows: (typeof placed)[] = [];
  for (const item of placed) {
    const row = rows.at(-1);
    const last = row?.at(-1);
    const height = item.box.bottom - item.box.top;
    const isBeside = last !== undefined &&
      middle(item.box) - middle(last.box) < SAME_ROW_SHARE * height;
    if (isBeside) row!.push(item);
    else rows.push([item]);
  }
  return rows.map((row) => row.sort((a, b) => a.box.left - b.box.left).map(({ line }) => line));
}

function middle({ top, bottom }: { readonly top: number; readonly bottom: number }): number {
  return (top + bottom) / 2;
}
