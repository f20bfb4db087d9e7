import { inColumnOrder } from "./layout/column_order.ts";
import type { LayoutModel } from "./layout/layout_model.ts";
import type { LayoutLabel, LayoutRegion } from "./layout/layout_region.ts";
import { sharedArea } from "./layout/suppress_overlaps.ts";
import { listMarkdown, paragraphMarkdown, plainMarkdown } from "./markdown.ts";
import { boundsOf, type Box, type Raster, type TextLine } from "./page.ts";
import { inReadingOrder } from "./reading_order.ts";
import { tableHtml } from "./tables/table_html.ts";
import type { TableModel } from "./tables/table_model.ts";

/** A part of a page with what stands in it. */
interface Block {
  readonly label: LayoutLabel;
  readonly box: Box;
  /** The lines that stand beside each other are one row. */
  readonly rows: readonly (readonly TextLine[])[];
}

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
   * lines are joined, lists, captions, and tables as HTML; without running heads and footers.
   */
  async arrange(
    page: Raster,
    lines: readonly TextLine[],
  ): Promise<{ lines: TextLine[]; markdown: string }> {
    const regions = await this.#layout.detect(page);
    if (regions.length === 0) {
      const rows = inReadingOrder(lines);
      return { lines: rows.flat(), markdown: plainMarkdown(rows) };
    }
    const blocks = inColumnOrder(blocksOf(regions, lines));
    const parts: string[] = [];
    for (const block of blocks) {
      const part = await this.#blockMarkdown(page, block);
      if (part !== "") parts.push(part);
    }
    return { lines: blocks.flatMap(({ rows }) => rows.flat()), markdown: parts.join("\n\n") };
  }

  async #blockMarkdown(page: Raster, { label, box, rows }: Block): Promise<string> {
    switch (label) {
      case "document_title":
        return `# ${paragraphMarkdown(rows.flat())}`;
      case "title":
        return `## ${paragraphMarkdown(rows.flat())}`;
      case "text":
        return paragraphMarkdown(rows.flat());
      case "list":
        return listMarkdown(rows.flat());
      case "caption":
        return `*${paragraphMarkdown(rows.flat())}*`;
      case "table":
        return await this.#tableMarkdown(page, box, rows);
      case "lines":
      case "figure":
        return plainMarkdown(rows);
      case "margin":
        return "";
    }
  }

  async #tableMarkdown(page: Raster, box: Box, rows: Block["rows"]): Promise<string> {
    if (this.#tables === null) return plainMarkdown(rows);
    const { raster, left, top } = cutOut(page, box);
    const structure = await this.#tables.recognise(raster);
    if (structure.cells.length === 0) return plainMarkdown(rows);
    const cells = structure.cells.map((cell) => ({
      left: cell.left + left,
      top: cell.top + top,
      right: cell.right + left,
      bottom: cell.bottom + top,
    }));
    return tableHtml({ ...structure, cells }, rows.flat());
  }
}

/** The parts of a page that have lines; lines outside of all become parts of their own. */
function blocksOf(regions: readonly LayoutRegion[], lines: readonly TextLine[]): Block[] {
  const inside = regions.map((): TextLine[] => []);
  const outside: TextLine[] = [];
  for (const line of lines) {
    const box = boundsOf(line.quad);
    const shares = regions.map((region) => sharedArea(region.box, box));
    const best = shares.indexOf(Math.max(...shares));
    const isInside = shares[best]! > 0.5 * sharedArea(box, box);
    (isInside ? inside[best]! : outside).push(line);
  }
  return [
    ...regions.map(({ label, box }, i): Block => ({
      label,
      box,
      rows: inReadingOrder(inside[i]!),
    })),
    ...outside.map((line): Block => ({ label: "text", box: boundsOf(line.quad), rows: [[line]] })),
  ].filter(({ rows }) => rows.length > 0);
}

function cutOut(page: Raster, box: Box): { raster: Raster; left: number; top: number } {
  const left = Math.floor(box.left);
  const top = Math.floor(box.top);
  const width = Math.max(1, Math.min(page.width, Math.ceil(box.right)) - left);
  const height = Math.max(1, Math.min(page.height, Math.ceil(box.bottom)) - top);
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * page.width + left);
    rgb.set(page.rgb.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { raster: { width, height, rgb }, left, top };
}
