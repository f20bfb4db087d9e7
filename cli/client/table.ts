import { clipTo, fitTo, widthOf } from "../../tui/screen/glyphs.ts";

/** A column of a table. */
export interface TableColumn {
  readonly name: string;
  /** Numbers stand on the right, below each other. */
  readonly isNumeric: boolean;
}

const GAP = "  ";
/** Of a column that could be narrower. */
const SHRUNK_CELLS_MIN = 6;
/** Of a column, also where there is no terminal: whoever wants all of it takes another format. */
const COLUMN_CELLS_MAX = 200;

/**
 * A table as lines, drawn by what its characters take on a terminal.
 *
 * @param rows a text for each column
 * @param columnsMax cells of a line; the widest columns are cut until the table fits
 */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  columnsMax: number,
): string[] {
  const widths = columns.map(({ name }, i) =>
    Math.min(
      COLUMN_CELLS_MAX,
      rows.reduce((widest, row) => Math.max(widest, widthOf(row[i]!)), Math.max(1, widthOf(name))),
    )
  );
  shrink(widths, columnsMax - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[]) => {
    const drawn = cells.map((cell, i) => drawCell(cell, widths[i]!, columns[i]!.isNumeric));
    return clipTo(drawn.join(GAP).trimEnd(), columnsMax);
  };
  return [
    line(columns.map(({ name }) => name)),
    clipTo(widths.map((width) => "─".repeat(width)).join(GAP), columnsMax),
    ...rows.map(line),
  ];
}

/** Takes cells away from the widest columns, as long as they have some to give. */
function shrink(widths: number[], cellsMax: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) - cellsMax;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widest === -1 || widths[widest]! <= SHRUNK_CELLS_MIN) return;
    widths[widest]!--;
    excess--;
  }
}

function drawCell(text: string, width: number, isNumeric: boolean): string {
  if (!isNumeric) return fitTo(text, width);
  const clipped = clipTo(text, width);
  return " ".repeat(width - widthOf(clipped)) + clipped;
}
