/** A picture in memory, without transparency. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel, row by row: 3 · width · height bytes. */
  readonly rgb: Uint8Array;
}

/** A point in pixels, from the top left corner. */
export type Point = readonly [x: number, y: number];

/** Four corners, clockwise from the one where reading begins. */
export type Quad = readonly [Point, Point, Point, Point];

/** A line of text on a page. */
export interface TextLine {
  readonly text: string;
  /** How sure the reading is, 0 to 1. */
  readonly score: number;
  readonly quad: Quad;
}

/** What was read on a page. */
export interface Page {
  readonly width: number;
  readonly height: number;
  /** In reading order. */
  readonly lines: readonly TextLine[];
  /** The page's text, with as much of its structure as was found. */
  readonly markdown: string;
}

/** An axis-parallel rectangle in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The smallest axis-parallel rectangle around points. */
export function boundsOf(points: readonly Point[]): Box {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs),
    bottom: Math.max(...ys),
  };
}
