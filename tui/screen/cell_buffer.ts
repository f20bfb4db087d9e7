import type { Glyph } from "./glyphs.ts";
import { over, PLAIN, type Style } from "./style.ts";

const SPACE = 0x20;
/** The right half of a wide glyph. */
export const CONTINUATION = 0xffff_ffff;
/** Numbers from here on stand for graphemes of several code points. */
const FIRST_CLUSTER = 0x11_0000;
const REPLACEMENT = 0xfffd;
/** Kept for the life of the process, so there must be an end; what comes later is shown as �. */
const MAX_CLUSTERS = 65_536;

const clusters: string[] = [];
const clusterNumbers = new Map<string, number>();

/**
 * A grid of cells, each a glyph and a style as integers. A wide glyph is followed by a
 * {@linkcode CONTINUATION}; no half of one is ever left alone.
 */
export class CellBuffer {
  readonly width: number;
  readonly height: number;
  /** Row by row: a code point, the number of a cluster, or {@linkcode CONTINUATION}. */
  readonly glyphs: Uint32Array;
  /** Row by row. */
  readonly styles: Int32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.glyphs = new Uint32Array(width * height).fill(SPACE);
    this.styles = new Int32Array(width * height);
  }

  /** Empties all cells. */
  clear(style: Style = PLAIN): void {
    this.glyphs.fill(SPACE);
    this.styles.fill(style);
  }

  /** Writes a character of a text that is plain; see `isPlain`. */
  putPlain(x: number, y: number, codeUnit: number, style: Style): void {
    const at = y * this.width + x;
    this.#separate(at, x);
    this.glyphs[at] = codeUnit;
    this.styles[at] = over(this.styles[at]!, style);
  }

  /** Writes a glyph; it must lie inside the buffer with all its cells. */
  put(x: number, y: number, { text, width }: Glyph, style: Style): void {
    const at = y * this.width + x;
    this.#separate(at, x);
    if (width === 2) {
      this.#separate(at + 1, x + 1);
      this.glyphs[at + 1] = CONTINUATION;
      this.styles[at + 1] = over(this.styles[at + 1]!, style);
    }
    this.glyphs[at] = numberOf(text);
    this.styles[at] = over(this.styles[at]!, style);
  }

  /** Lays a style over a cell's. */
  tint(x: number, y: number, style: Style): void {
    const at = y * this.width + x;
    this.styles[at] = over(this.styles[at]!, style);
  }

  /** Empties a cell, whatever its style was. */
  erase(x: number, y: number, style: Style): void {
    const at = y * this.width + x;
    this.#separate(at, x);
    this.glyphs[at] = SPACE;
    this.styles[at] = style;
  }

  /** Blanks the other half of a wide glyph that is about to lose the cell `at`. */
  #separate(at: number, x: number): void {
    if (this.glyphs[at] === CONTINUATION) this.glyphs[at - 1] = SPACE;
    else if (x + 1 < this.width && this.glyphs[at + 1] === CONTINUATION) {
      this.glyphs[at + 1] = SPACE;
    }
  }
}

/** The text of a cell's glyph; nothing for a {@linkcode CONTINUATION}. */
export function textOf(glyph: number): string {
  if (glyph === CONTINUATION) return "";
  return isCluster(glyph) ? clusters[glyph - FIRST_CLUSTER]! : String.fromCodePoint(glyph);
}

/** Whether terminals may disagree about how far the cursor moves when they show it. */
export function isCluster(glyph: number): boolean {
  return glyph >= FIRST_CLUSTER && glyph !== CONTINUATION;
}

function numberOf(text: string): number {
  const codePoint = text.codePointAt(0)!;
  if (text.length === 1 || (text.length === 2 && codePoint > 0xffff)) return codePoint;
  let number = clusterNumbers.get(text);
  if (number === undefined) {
    if (clusters.length >= MAX_CLUSTERS) return REPLACEMENT;
    number = FIRST_CLUSTER + clusters.length;
    clusters.push(text);
    clusterNumbers.set(text, number);
  }
  return number;
}
