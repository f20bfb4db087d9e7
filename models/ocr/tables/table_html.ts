import { sharedArea } from "../layout/suppress_overlaps.ts";
import { boundsOf, type Box, type TextLine } from "../page.ts";
import type { TableStructure } from "./table_model.ts";
import { CELL_START, PLAIN_CELL } from "./table_tokens.ts";

/**
 * A table as HTML, with the lines that stand in its cells.
 *
 * @param lines in reading order, on the same scale as the cells
 */
export function tableHtml({ tokens, cells }: TableStructure, lines: readonly TextLine[]): string {
  const texts = cells.map((): string[] => []);
  for (const { text, quad } of lines) {
    const cell = cellOf(boundsOf(quad), cells);
    if (cell !== null) texts[cell]!.push(escapeHtml(text));
  }
  let html = "<table>";
  let cell = 0;
  let waiting = "";
  for (const token of tokens) {
    if (token === PLAIN_CELL) {
      html += `<td>${texts[cell++]!.join(" ")}</td>`;
    } else if (token === "</td>") {
      html += waiting + token;
      waiting = "";
    } else {
      if (token === CELL_START) waiting += texts[cell++]!.join(" ");
      html += token;
    }
  }
  return `${html}</table>`;
}

/** The cell that a line shares most with, or else the nearest one; null if there are none. */
function cellOf(line: Box, cells: readonly Box[]): number | null {
  let best: number | null = null;
  let bestShared = -1;
  let bestDistance = Infinity;
  for (const [i, cell] of cells.entries()) {
    const shared = sharedArea(line, cell);
    const distance = Math.hypot(
      (line.left + line.right - cell.left - cell.right) / 2,
      (line.top + line.bottom - cell.top - cell.bottom) / 2,
    );
    if (shared < bestShared || (shared === bestShared && distance >= bestDistance)) continue;
    best = i;
    bestShared = shared;
    bestDistance = distance;
  }
  return best;
}

/** Text that HTML shows as it is. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
