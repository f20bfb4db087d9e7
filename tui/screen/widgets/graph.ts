import type { Canvas } from "../canvas.ts";
import { gradientStyle } from "../theme.ts";

/** Dots of a braille cell from bottom to top: left column, right column (Unicode 28xx). */
const LEFT_DOTS = [0x40, 0x04, 0x02, 0x01];
const RIGHT_DOTS = [0x80, 0x20, 0x10, 0x08];
const BRAILLE_BLANK = 0x2800;
const LEVELS_PER_CELL = 4;
const BLOCKS = " ▁▂▃▄▅▆▇█";

/**
 * Draws values as an area, the newest at the right, two to a cell.
 *
 * @param values oldest first
 * @param max value at the top @default the largest that is seen
 */
export function drawGraph(canvas: Canvas, values: readonly number[], max?: number): void {
  const seen = values.slice(-2 * canvas.width);
  const top = max ?? Math.max(...seen, Number.MIN_VALUE);
  const levels = seen.map((value) => levelOf(value / top, canvas.height * LEVELS_PER_CELL));
  // Every value keeps its column of dots as the graph moves on.
  const offset = 2 * canvas.width - levels.length;
  for (let y = 0; y < canvas.height; y++) {
    const base = (canvas.height - 1 - y) * LEVELS_PER_CELL;
    const style = gradientStyle(canvas.theme, (base + LEVELS_PER_CELL / 2) / (canvas.height * 4));
    let row = "";
    for (let x = 0; x < canvas.width; x++) {
      const left = dots(levels[2 * x - offset] ?? 0, base, LEFT_DOTS);
      const right = dots(levels[2 * x + 1 - offset] ?? 0, base, RIGHT_DOTS);
      row += left + right > 0 ? String.fromCharCode(BRAILLE_BLANK + left + right) : " ";
    }
    canvas.text(0, y, row, style);
  }
}

/**
 * Values as a line of bars, the newest at the right.
 *
 * @param values oldest first
 */
export function sparkline(values: readonly number[], width: number): string {
  const seen = values.slice(-width);
  const top = Math.max(...seen, Number.MIN_VALUE);
  const bars = seen.map((value) => BLOCKS[levelOf(value / top, BLOCKS.length - 1)]);
  return bars.join("").padStart(width);
}

/** The level of a share; only nothing is shown as nothing. */
function levelOf(share: number, levels: number): number {
  if (!(share > 0)) return 0;
  return Math.max(1, Math.min(levels, Math.round(share * levels)));
}

/** The dots of a column that are below a level. */
function dots(level: number, base: number, column: readonly number[]): number {
  let bits = 0;
  for (let i = 0; i < column.length && base + i < level; i++) bits |= column[i]!;
  return bits;
}
