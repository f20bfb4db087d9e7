import type { Box, Raster } from "../page.ts";

/**
 * What a part of a page is. `lines` is text whose lines don't run on, like a table of contents;
 * `margin` what pages repeat: running heads, footers, page numbers.
 */
export type LayoutLabel =
  | "document_title"
  | "title"
  | "text"
  | "lines"
  | "list"
  | "table"
  | "figure"
  | "caption"
  | "margin";

/** A part of a page. */
export interface LayoutRegion {
  readonly label: LayoutLabel;
  /** 0 to 1. */
  readonly score: number;
  /** In pixels of the page. */
  readonly box: Box;
}

/** Finds the parts of a page; they may overlap, or reach beyond it. */
export interface LayoutNetwork {
  find(page: Raster): Promise<LayoutRegion[]>;
}
