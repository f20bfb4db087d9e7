import type { Canvas } from "../canvas.ts";

/**
 * Draws how much of something is seen, and which part.
 *
 * @param canvas one column
 * @param start what lies before the part that is seen, as a share of the whole
 * @param seen the part that is seen, as a share of the whole; nothing is drawn if it is all of it
 */
export function drawScrollbar(canvas: Canvas, start: number, seen: number): void {
  const { height, theme } = canvas;
  if (seen >= 1 || height < 2) return;
  const length = Math.max(1, Math.round(height * seen));
  const from = Math.round((height - length) * Math.max(0, Math.min(1, start / (1 - seen))));
  for (let y = 0; y < height; y++) {
    const isSeen = y >= from && y < from + length;
    canvas.text(0, y, isSeen ? "█" : "│", isSeen ? theme.muted : theme.border);
  }
}
