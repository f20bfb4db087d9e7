import type { Canvas } from "../canvas.ts";
import type { Style } from "../style.ts";
import { gradientStyle } from "../theme.ts";

const EIGHTHS = " ▏▎▍▌▋▊▉█";

/**
 * Draws a share from 0 to 1 as a bar over the canvas's first row.
 *
 * @param style @default the theme's gradient, for what had better be low
 */
export function drawGauge(canvas: Canvas, share: number, style?: Style): void {
  const bounded = Math.max(0, Math.min(1, share || 0));
  const eighths = Math.round(bounded * canvas.width * 8);
  for (let x = 0; x < canvas.width; x++) {
    const filled = Math.max(0, Math.min(8, eighths - 8 * x));
    if (filled === 0) canvas.text(x, 0, "·", canvas.theme.border);
    else {
      const level = x / canvas.width;
      canvas.text(x, 0, EIGHTHS[filled]!, style ?? gradientStyle(canvas.theme, level));
    }
  }
}

/** Draws a value between `-max` and `max` as a bar to the left or the right of the middle. */
export function drawBalance(canvas: Canvas, value: number, max: number): void {
  const middle = canvas.width >> 1;
  const cells = Math.round(Math.max(-1, Math.min(1, value / max || 0)) * middle);
  const { good, bad, border } = canvas.theme;
  canvas.text(middle, 0, "│", border);
  if (cells > 0) canvas.text(middle + 1, 0, "▬".repeat(cells), good);
  else canvas.text(middle + cells, 0, "▬".repeat(-cells), bad);
}
