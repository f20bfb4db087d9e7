import type { CellBuffer } from "./cell_buffer.ts";
import { clipTo, glyphsOf, isPlain, MAX_GRAPHEME_UNITS, widthOf } from "./glyphs.ts";
import { divide, intersect, type Length, type Rect } from "./rect.ts";
import { PLAIN, type Style } from "./style.ts";
import type { Theme } from "./theme.ts";

/** What happens when the mouse is used on a part of the screen. */
export interface MouseHandlers {
  /** @param x column and @param y row within the canvas */
  readonly onClick?: (x: number, y: number) => void;
  /** @param rows scrolled; negative = up */
  readonly onWheel?: (rows: number) => void;
}

/** A part of the screen that reacts to the mouse; of those that overlap, the last one counts. */
export interface MouseArea extends MouseHandlers {
  readonly rect: Rect;
}

/** What drawing a frame yields besides its cells. */
export interface Frame {
  readonly cells: CellBuffer;
  readonly theme: Theme;
  readonly mouseAreas: MouseArea[];
  /** Where the terminal's cursor is shown; null = hidden. */
  cursor: { readonly x: number; readonly y: number } | null;
}

/**
 * A rectangle of the frame that is being drawn, with coordinates of its own. Whatever is drawn
 * outside of it is cut off, and text is made safe for the terminal: a {@linkcode Canvas} is the only
 * way to the screen.
 */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #frame: Frame;
  readonly #x: number;
  readonly #y: number;

  constructor(frame: Frame, rect: Rect) {
    this.#frame = frame;
    this.#x = rect.x;
    this.#y = rect.y;
    this.width = rect.width;
    this.height = rect.height;
  }

  get theme(): Theme {
    return this.#frame.theme;
  }

  /** A part of this canvas. */
  part(rect: Rect): Canvas {
    const inside = intersect(rect, { x: 0, y: 0, width: this.width, height: this.height });
    return new Canvas(this.#frame, { ...inside, x: this.#x + inside.x, y: this.#y + inside.y });
  }

  /** What is left within a margin on each side. */
  inset(columns: number, rows: number): Canvas {
    return this.part({
      x: columns,
      y: rows,
      width: Math.max(0, this.width - 2 * columns),
      height: Math.max(0, this.height - 2 * rows),
    });
  }

  /** Parts one below the other. */
  rows<const L extends readonly Length[]>(...heights: L): { [K in keyof L]: Canvas } {
    let y = 0;
    return divide(this.height, heights).map((height) => {
      y += height;
      return this.part({ x: 0, y: y - height, width: this.width, height });
    }) as { [K in keyof L]: Canvas };
  }

  /** Parts side by side. */
  columns<const L extends readonly Length[]>(...widths: L): { [K in keyof L]: Canvas } {
    let x = 0;
    return divide(this.width, widths).map((width) => {
      x += width;
      return this.part({ x: x - width, y: 0, width, height: this.height });
    }) as { [K in keyof L]: Canvas };
  }

  /**
   * Writes one line of text. Colours that `style` does not say stay as they are on the canvas.
   *
   * @param style @default the canvas's own
   * @returns the column behind the text
   */
  text(x: number, y: number, text: string, style: Style = PLAIN): number {
    // No line shows more of it, however long it is.
    const candidate = text.slice(0, (this.width + 1) * MAX_GRAPHEME_UNITS);
    if (y < 0 || y >= this.height) return x + widthOf(candidate);
    const { cells } = this.#frame;
    if (isPlain(candidate)) {
      const end = Math.min(candidate.length, this.width - x);
      for (let i = Math.max(0, -x); i < end; i++) {
        cells.putPlain(this.#x + x + i, this.#y + y, candidate.charCodeAt(i), style);
      }
      return x + Math.max(0, end);
    }
    for (const glyph of glyphsOf(candidate)) {
      if (x + glyph.width > this.width) break;
      if (x >= 0) cells.put(this.#x + x, this.#y + y, glyph, style);
      x += glyph.width;
    }
    return x;
  }

  /** Writes text that ends before the column `x`. */
  textBefore(x: number, y: number, text: string, style: Style = PLAIN): void {
    const clipped = clipTo(text, Math.max(0, x));
    this.text(x - widthOf(clipped), y, clipped, style);
  }

  /** Writes text in the middle of a line. */
  textCentred(y: number, text: string, style: Style = PLAIN): void {
    const clipped = clipTo(text, this.width);
    this.text((this.width - widthOf(clipped)) >> 1, y, clipped, style);
  }

  /** Lays a style over everything that is drawn. */
  tint(style: Style): void {
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) this.#frame.cells.tint(this.#x + x, this.#y + y, style);
    }
  }

  /** Removes everything that is drawn. */
  erase(style: Style = this.theme.screen): void {
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        this.#frame.cells.erase(this.#x + x, this.#y + y, style);
      }
    }
  }

  /** Shows the terminal's cursor. */
  showCursor(x: number, y: number): void {
    if (x < 0 || x >= this.width || y < 0 || y >= this.height) return;
    this.#frame.cursor = { x: this.#x + x, y: this.#y + y };
  }

  /** Says what the mouse does here until the next frame. */
  onMouse(handlers: MouseHandlers): void {
    const rect = { x: this.#x, y: this.#y, width: this.width, height: this.height };
    this.#frame.mouseAreas.push({ rect, ...handlers });
  }
}
