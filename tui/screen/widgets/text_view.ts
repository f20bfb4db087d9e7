import type { Canvas } from "../canvas.ts";
import type { Movable } from "./movable.ts";
import { drawScrollbar } from "./scrollbar.ts";
import { type StyledLine, wrapLine } from "./styled_text.ts";

const ROWS_PER_WHEEL = 3;

/** Draws the pieces of a line. */
export function drawLine(canvas: Canvas, x: number, y: number, line: StyledLine): number {
  for (const { text, tone = "text" } of line) x = canvas.text(x, y, text, canvas.theme[tone]);
  return x;
}

/** Text that is wrapped and scrolled. */
export class TextView implements Movable {
  #lines: readonly StyledLine[] = [];
  #wrapped: readonly StyledLine[] = [];
  #wrappedFor: { lines: readonly StyledLine[]; width: number } | null = null;
  #top = 0;
  #height = 1;
  #isAtEnd = false;

  /** What is shown; the position stays. The array must not be changed afterwards. */
  set lines(lines: readonly StyledLine[]) {
    this.#lines = lines;
  }

  moveBy(rows: number): void {
    this.#isAtEnd = false;
    this.#top += rows;
  }

  pageBy(pages: number): void {
    this.moveBy(pages * Math.max(1, this.#height - 1));
  }

  toStart(): void {
    this.#isAtEnd = false;
    this.#top = 0;
  }

  /** Shows the end, also of what is added later. */
  toEnd(): void {
    this.#isAtEnd = true;
  }

  draw(canvas: Canvas): void {
    const [text, bar] = canvas.columns({ share: 1 }, 1);
    this.#height = canvas.height;
    this.#wrap(Math.max(1, text.width - 1));
    const total = this.#wrapped.length;
    const topMax = Math.max(0, total - canvas.height);
    this.#top = this.#isAtEnd ? topMax : Math.max(0, Math.min(topMax, this.#top));
    const shown = Math.min(canvas.height, total - this.#top);
    for (let y = 0; y < shown; y++) drawLine(text, 0, y, this.#wrapped[this.#top + y]!);
    if (total > 0) drawScrollbar(bar, this.#top / total, canvas.height / total);
    canvas.onMouse({ onWheel: (direction) => this.moveBy(direction * ROWS_PER_WHEEL) });
  }

  #wrap(width: number): void {
    if (this.#wrappedFor?.lines === this.#lines && this.#wrappedFor.width === width) return;
    this.#wrapped = this.#lines.flatMap((line) => wrapLine(line, width));
    this.#wrappedFor = { lines: this.#lines, width };
  }
}
