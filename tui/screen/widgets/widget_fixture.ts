import { Canvas, type Frame } from "../canvas.ts";
import { CellBuffer, textOf } from "../cell_buffer.ts";
import { THEMES } from "../theme.ts";

/** Draws on a small canvas and returns what it shows, line by line, and where the cursor is. */
export function paint(
  columns: number,
  rows: number,
  draw: (canvas: Canvas) => void,
): { readonly lines: readonly string[]; readonly frame: Frame } {
  const cells = new CellBuffer(columns, rows);
  const frame: Frame = { cells, theme: THEMES.none, mouseAreas: [], cursor: null };
  draw(new Canvas(frame, { x: 0, y: 0, width: columns, height: rows }));
  const lines = Array.from({ length: rows }, (_, y) => {
    const row = cells.glyphs.subarray(y * columns, (y + 1) * columns);
    return Array.from(row, textOf).join("").trimEnd();
  });
  return { lines, frame };
}
