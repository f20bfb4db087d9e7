import type { Point } from "./page.ts";

/** A rectangle at any angle. */
export interface RotatedRect {
  readonly centre: Point;
  /** Unit vector of its first side. */
  readonly axis: Point;
  /** Along the axis. */
  readonly width: number;
  readonly height: number;
}

/**
 * The rectangle of the smallest area around points. One of its sides lies on a side of their convex
 * hull.
 *
 * @see Freeman and Shapira, "Determining the Minimum-Area Encasing Rectangle for an Arbitrary Closed
 *   Curve", 1975
 */
export function minAreaRect(points: readonly Point[]): RotatedRect {
  const hull = convexHull(points);
  let best: RotatedRect | null = null;
  for (const [i, from] of hull.entries()) {
    const to = hull[(i + 1) % hull.length]!;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length === 0) continue;
    const axis: Point = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const rect = rectAlong(hull, axis);
    if (best === null || rect.width * rect.height < best.width * best.height) best = rect;
  }
  return best ?? rectAlong(hull, [1, 0]);
}

/** The corners of a rectangle, one after the other, beginning against its axis and its normal. */
export function cornersOf({ centre: [x, y], axis: [ax, ay], width, height }: RotatedRect): Point[] {
  const [w, h] = [width / 2, height / 2];
  return [[-w, -h], [w, -h], [w, h], [-w, h]].map(([u, v]) => [
    x + u! * ax - v! * ay,
    y + u! * ay + v! * ax,
  ]);
}

/**
 * The corners of points' convex hull, counted from the leftmost one.
 *
 * @see Andrew, "Another Efficient Algorithm for Convex Hulls in Two Dimensions", 1979
 */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of ordered) {
      while (chain.length >= 2 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function rectAlong(points: readonly Point[], axis: Point): RotatedRect {
  const [ax, ay] = axis;
  let [minU, maxU, minV, maxV] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    const u = x * ax + y * ay;
    const v = y * ax - x * ay;
    minU = Math.min(minU, u);
    maxU = Math.max(maxU, u);
    minV = Math.min(minV, v);
    maxV = Math.max(maxV, v);
  }
  const [u, v] = [(minU + maxU) / 2, (minV + maxV) / 2];
  return {
    centre: [u * ax - v * ay, u * ay + v * ax],
    axis,
    width: maxU - minU,
    height: maxV - minV,
  };
}
