import { Canvas, type Frame, type MouseArea } from "./canvas.ts";
import { CellBuffer } from "./cell_buffer.ts";
import { changesBetween, moveTo } from "./changes.ts";
import { contains } from "./rect.ts";
import type { Theme } from "./theme.ts";

/** Width and height of a terminal in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What lies beyond is not drawn on, each way. */
const MAX_CELLS = 1_000;

/** Shown by the terminal all at once; those that don't know it ignore it (private mode 2026). */
const BEGIN_SYNCHRONIZED = "\x1b[?2026h";
const END_SYNCHRONIZED = "\x1b[?2026l";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

/**
 * An immediate-mode screen: each frame is drawn anew into cells, and what differs from the frame
 * before is written to the terminal.
 */
export class Screen {
  /** What was drawn last. */
  #front: CellBuffer;
  /** Drawn into next. */
  #back: CellBuffer;
  /** Whether the terminal shows {@linkcode #front}, as far as we know. */
  #isShown = false;
  #shownCursor = "";
  #mouseAreas: readonly MouseArea[] = [];

  constructor(size: Size) {
    this.#front = bufferOf(size);
    this.#back = bufferOf(size);
  }

  /** The cells of the frame that was drawn last. */
  get cells(): CellBuffer {
    return this.#front;
  }

  resize(size: Size): void {
    this.#front = bufferOf(size);
    this.#back = bufferOf(size);
    this.#isShown = false;
  }

  /** Forgets what the terminal shows, so that the next frame is written whole. */
  invalidate(): void {
    this.#isShown = false;
  }

  /**
   * Draws a frame.
   *
   * @returns what is to be written to the terminal; empty if the frame looks like the one before
   */
  draw(theme: Theme, paint: (canvas: Canvas) => void): string {
    const cells = this.#back;
    cells.clear(theme.screen);
    const frame: Frame = { cells, theme, mouseAreas: [], cursor: null };
    paint(new Canvas(frame, { x: 0, y: 0, width: cells.width, height: cells.height }));
    const changes = changesBetween(this.#isShown ? this.#front : null, cells);
    const cursor = frame.cursor === null
      ? HIDE_CURSOR
      : moveTo(frame.cursor.x, frame.cursor.y) + SHOW_CURSOR;
    const isSame = changes === "" && this.#isShown && cursor === this.#shownCursor;
    [this.#front, this.#back] = [cells, this.#front];
    this.#mouseAreas = frame.mouseAreas;
    this.#shownCursor = cursor;
    this.#isShown = true;
    // The cursor would be seen flying about where a terminal does not synchronize.
    return isSame
      ? ""
      : `${BEGIN_SYNCHRONIZED}${HIDE_CURSOR}${changes}${cursor}${END_SYNCHRONIZED}`;
  }

  /** What of the last frame lies under the mouse. */
  mouseAreaAt(x: number, y: number): MouseArea | undefined {
    return this.#mouseAreas.findLast(({ rect }) => contains(rect, x, y));
  }
}

function bufferOf({ columns, rows }: Size): CellBuffer {
  const clamp = (cells: number) => Math.max(1, Math.min(MAX_CELLS, cells));
  return new CellBuffer(clamp(columns), clamp(rows));
}
