import { boundsOf, type TextLine } from "./page.ts";

/** Rows further apart than this many times their height begin a new paragraph. */
const PARAGRAPH_GAP = 1.2;

/** Lines as Markdown: what stands beside each other in one line, and paragraphs by their distance. */
export function plainMarkdown(rows: readonly (readonly TextLine[])[]): string {
  let markdown = "";
  let lastBottom = NaN;
  for (const row of rows) {
    const { top, bottom } = boundsOf(row.flatMap(({ quad }) => quad));
    const isNewParagraph = top - lastBottom > PARAGRAPH_GAP * (bottom - top);
    if (markdown !== "") markdown += isNewParagraph ? "\n\n" : "\n";
    markdown += row.map(({ text }) => escapeMarkdown(text)).join(" ");
    lastBottom = bottom;
  }
  return markdown;
}

/** Text that Markdown shows as it is: nothing in a document becomes markup or HTML. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|]/g, "\\$&")
    .replace(/^(\s*)(#{1,6}(?=\s)|[-+](?=\s)|\d+(?=[.)]\s))/, "$1\\$2");
}
