import type { Box } from "../page.ts";

/** Boxes that share more of their union than this are one. */
const OVERLAP_MAX = 0.5;
/** Boxes that are looked at; a page has far fewer. */
const CANDIDATES_MAX = 1_000;

/** Of boxes of one kind that overlap much, the surest; the surest of all first. */
export function suppressOverlaps<T extends { label: string; score: number; box: Box }>(
  found: readonly T[],
): T[] {
  const kept: T[] = [];
  const surest = found.toSorted((a, b) => b.score - a.score).slice(0, CANDIDATES_MAX);
  for (const candidate of surest) {
    const isKnown = kept.some(({ label, box }) =>
      label === candidate.label && overlapOf(box, candidate.box) > OVERLAP_MAX
    );
    if (!isKnown) kept.push(candidate);
  }
  return kept;
}

/** Intersection over union, 0 to 1. */
export function overlapOf(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  const union = areaOf(a) + areaOf(b) - shared;
  return union <= 0 ? 0 : shared / union;
}

/** Area of what two boxes have in common. */
export function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

function areaOf({ left, top, right, bottom }: Box): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}
