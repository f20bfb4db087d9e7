import type { Point } from "./page.ts";

/** A connected part of a map of probabilities. */
export interface Region {
  /** Its leftmost and rightmost pixels of each row. */
  readonly outline: readonly Point[];
  /** Mean probability of its pixels. */
  readonly score: number;
  readonly pixels: number;
}

/**
 * The parts of a map whose pixels are above a threshold and touch each other, at corners too.
 *
 * @param map [height, width]
 */
export function findRegions(
  map: Float32Array,
  width: number,
  height: number,
  threshold: number,
): Region[] {
  const regions: Region[] = [];
  const isSeen = new Uint8Array(width * height);
  const stack = new Int32Array(width * height);
  for (let start = 0; start < map.length; start++) {
    if (isSeen[start] === 1 || map[start]! <= threshold) continue;
    regions.push(grow(map, width, height, threshold, start, isSeen, stack));
  }
  return regions;
}

function grow(
  map: Float32Array,
  width: number,
  height: number,
  threshold: number,
  start: number,
  isSeen: Uint8Array,
  stack: Int32Array,
): Region {
  const rows = new Map<number, [left: number, right: number]>();
  let sum = 0;
  let pixels = 0;
  let depth = 0;
  stack[depth++] = start;
  isSeen[start] = 1;
  while (depth > 0) {
    const pixel = stack[--depth]!;
    const x = pixel % width;
    const y = (pixel - x) / width;
    sum += map[pixel]!;
    pixels++;
    const row = rows.get(y);
    if (row === undefined) rows.set(y, [x, x]);
    else if (x < row[0]) row[0] = x;
    else if (x > row[1]) row[1] = x;
    for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++) {
      for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
        const next = ny * width + nx;
        if (isSeen[next] === 1 || map[next]! <= threshold) continue;
        isSeen[next] = 1;
        stack[depth++] = next;
      }
    }
  }
  const outline = [...rows].flatMap(([y, [left, right]]): Point[] => [[left, y], [right, y]]);
  return { outline, score: sum / pixels, pixels };
}
