import { type CellBuffer, CONTINUATION, isCluster, textOf } from "./cell_buffer.ts";
import { sgr, type Style } from "./style.ts";

/**
 * The escape sequences that turn what a terminal shows, `before`, into `after`: changed cells only.
 * Empty if nothing has changed.
 *
 * @param before null = unknown, so that every cell is written; of the same size otherwise
 */
export function changesBetween(before: CellBuffer | null, after: CellBuffer): string {
  const { width, height, glyphs, styles } = after;
  let output = "";
  let style: Style | null = null;
  /** Where the terminal's cursor stands, as an index of a cell; -1 = not known for sure. */
  let cursorAt = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const glyph = glyphs[at]!;
      if (glyph === CONTINUATION) continue;
      const isWide = x + 1 < width && glyphs[at + 1] === CONTINUATION;
      if (
        before !== null && isSame(before, after, at) && (!isWide || isSame(before, after, at + 1))
      ) {
        continue;
      }
      if (cursorAt !== at) output += moveTo(x, y);
      if (style !== styles[at]) {
        style = styles[at]!;
        output += sgr(style);
      }
      if (isCluster(glyph)) {
        // Terminals disagree about the widths of such: blank the cells, and say where to go on.
        if (isWide) output += `  ${moveTo(x, y)}`;
        output += textOf(glyph);
        cursorAt = -1;
      } else {
        output += textOf(glyph);
        // Behind the last column, terminals differ in where the cursor is.
        cursorAt = isWide || x + 1 === width ? -1 : at + 1;
      }
    }
  }
  return output;
}

/** @see ECMA-48, 8.3.21 CUP */
export function moveTo(x: number, y: number): string {
  return `\x1b[${y + 1};${x + 1}H`;
}

function isSame(before: CellBuffer, after: CellBuffer, at: number): boolean {
  return before.glyphs[at] === after.glyphs[at] && before.styles[at] === after.styles[at];
}
