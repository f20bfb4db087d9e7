import { inColumnOrder } from "./layout/column_order.ts";
import type { LayoutLabel, LayoutModel, LayoutRegion } from "./layout/layout_model.ts";
import { sharedArea } from "./layout/suppress_overlaps.ts";
import { escapeMarkdown, plainMarkdown } from "./markdown.ts";
import { boundsOf, type Box, type Raster, type TextLine } from "./page.ts";
import { inReadingOrder } from "./reading_order.ts";
import { tableHtml } from "./tables/table_html.ts";
import type { TableModel } from "./tables/table_model.ts";

/** A part of a page with what stands in it. */
interface Block {
  readonly label: LayoutLabel;
  readonly box: Box;
  readonly lines: readonly TextLine[];
}

/** A hyphen at the end of a line, after a letter: the word goes on in the next line. */
const BROKEN_WORD = /(?<=\p{L})-$/u;
const LIST_ITEM = /^(?:[-•·▪◦*]|\d{1,3}[.)])\s*/u;

/** Finds the structure of pages: their parts in reading order, and tables. */
export class StructureModel {
  readonly #layout: LayoutModel;
  readonly #tables: TableModel | null;

  /** @param tables without it, tables are read as text */
  constructor(layout: LayoutModel, tables: TableModel | null) {
    this.#layout = layout;
    this.#tables = tables;
  }

  /**
   * Puts the lines of a page into reading order, and gives it as Markdown: titles, paragraphs whose
   * lines are joined, lists, and tables as HTML.
   */
  async arrange(
    page: Raster,
    lines: readonly TextLine[],
  ): Promise<{ lines: TextLine[]; markdown: string }> {
    const blocks = inColumnOrder(blocksOf(await this.#layout.detect(page), lines));
    const parts: string[] = [];
    for (const block of blocks) {
      const part = await this.#blockMarkdown(page, block);
      if (part !== "") parts.push(part);
    }
    return { lines: blocks.flatMap(({ lines }) => lines), markdown: parts.join("\n\n") };
  }

  async #blockMarkdown(page: Raster, { label, box, lines }: Block): Promise<string> {
    if (lines.length === 0) return "";
    switch (label) {
      case "title":
        return `## ${escapeMarkdown(joinLines(lines))}`;
      case "list":
        return listMarkdown(lines);
      case "table":
        return await this.#tableMarkdown(page, box, lines);
      case "text":
        return escapeMarkdown(joinLines(lines));
      case "figure":
        return plainMarkdown(inReadingOrder(lines));
    }
  }

  async #tableMarkdown(page: Raster, box: Box, lines: readonly TextLine[]): Promise<string> {
    if (this.#tables === null) return plainMarkdown(inReadingOrder(lines));
    const { raster, left, top } = cutOut(page, box);
    const structure = await this.#tables.recognise(raster);
    const cells = structure.cells.map((cell) => ({
      left: cell.left + left,
      top: cell.top + top,
      right: cell.right + left,
      bottom: cell.bottom + top,
    }));
    return tableHtml({ ...structure, cells }, lines);
  }
}

/** The parts of a page with their lines; lines outside of all become parts of their own. */
function blocksOf(regions: readonly LayoutRegion[], lines: readonly TextLine[]): Block[] {
  const inside = regions.map((): TextLine[] => []);
  const outside: TextLine[] = [];
  for (const line of lines) {
    const box = boundsOf(line.quad);
    const shares = regions.map((region) => sharedArea(region.box, box));
    const best = shares.indexOf(Math.max(...shares));
    const isInside = best !== -1 && shares[best]! > 0.5 * sharedArea(box, box);
    (isInside ? inside[best]! : outside).push(line);
  }
  return [
    ...regions.map(({ label, box }, i): Block => ({
      label,
      box,
      lines: inReadingOrder(inside[i]!).flat(),
    })),
    ...outside.map((line): Block => ({ label: "text", box: boundsOf(line.quad), lines: [line] })),
  ].filter(({ lines }) => lines.length > 0);
}

/** Lines of one paragraph as one; a word that was broken at the end of a line is whole again. */
function joinLines(lines: readonly TextLine[]): string {
  let text = "";
  for (const line of lines) {
    const next = line.text.trim();
    const isBroken = BROKEN_WORD.test(text) && /^\p{Ll}/u.test(next);
    if (isBroken) text = text.slice(0, -1) + next;
    else text += `${text === "" ? "" : " "}${next}`;
  }
  return text;
}

/** Lines of a list: what begins with a mark is an item, what does not goes on with the last one. */
function listMarkdown(lines: readonly TextLine[]): string {
  const items: TextLine[][] = [];
  for (const line of lines) {
    if (items.length === 0 || LIST_ITEM.test(line.text)) items.push([line]);
    else items.at(-1)!.push(line);
  }
  return items
    .map((item) => `- ${escapeMarkdown(joinLines(item).replace(LIST_ITEM, ""))}`)
    .join("\n");
}

function cutOut(page: Raster, box: Box): { raster: Raster; left: number; top: number } {
  const left = Math.max(0, Math.floor(box.left));
  const top = Math.max(0, Math.floor(box.top));
  const width = Math.max(1, Math.min(page.width, Math.ceil(box.right)) - left);
  const height = Math.max(1, Math.min(page.height, Math.ceil(box.bottom)) - top);
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * page.width + left);
    rgb.set(page.rgb.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { raster: { width, height, rgb }, left, top };
}
