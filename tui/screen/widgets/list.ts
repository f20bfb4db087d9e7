import type { Canvas } from "../canvas.ts";
import type { Movable } from "./movable.ts";

/** Rows of a list that exist, and how to draw one. */
export interface ListRows {
  /** Index of the first row. @default 0 */
  readonly first?: number;
  /** Index behind the last row. */
  readonly end: number;
  draw(row: Canvas, index: number): void;
}

const ROWS_PER_WHEEL = 3;

/**
 * A list of any length, one row of which is selected. Only the rows that are seen are drawn, and
 * only those are asked for.
 */
export class List implements Movable {
  /** Index of the selected row. */
  selected = 0;
  /** Called when a selected row is clicked again. */
  onOpen: () => void = () => {};
  /** Called when somebody has moved to another row. */
  onMove: () => void = () => {};
  #top = 0;
  #height = 1;
  #first = 0;
  #end = 0;

  /** Rows that were seen when it was drawn last. */
  get height(): number {
    return this.#height;
  }

  /** Index of the uppermost row that was seen when it was drawn last. */
  get top(): number {
    return this.#top;
  }

  moveBy(rows: number): void {
    this.#moveTo(this.selected + rows);
  }

  pageBy(pages: number): void {
    this.#top += pages * this.#height;
    this.#moveTo(this.selected + pages * this.#height);
  }

  toStart(): void {
    this.#moveTo(this.#first);
  }

  toEnd(): void {
    this.#moveTo(this.#end - 1);
  }

  draw(canvas: Canvas, { first = 0, end, draw }: ListRows): void {
    [this.#first, this.#end, this.#height] = [first, end, Math.max(1, canvas.height)];
    this.#select(this.selected);
    const topMax = Math.min(this.selected, Math.max(first, end - this.#height));
    const topMin = Math.max(first, this.selected - this.#height + 1);
    this.#top = Math.max(topMin, Math.min(topMax, this.#top));
    const shown = Math.min(end - this.#top, canvas.height);
    for (let y = 0; y < shown; y++) {
      const row = canvas.part({ x: 0, y, width: canvas.width, height: 1 });
      if (this.#top + y === this.selected) row.tint(canvas.theme.selected);
      draw(row, this.#top + y);
    }
    canvas.onMouse({
      onClick: (_, y) => this.#click(this.#top + y),
      onWheel: (direction) => this.moveBy(direction * ROWS_PER_WHEEL),
    });
  }

  #click(index: number): void {
    if (index >= this.#end) return;
    if (index === this.selected) this.onOpen();
    else this.#moveTo(index);
  }

  #moveTo(index: number): void {
    this.#select(index);
    this.onMove();
  }

  #select(index: number): void {
    this.selected = Math.max(this.#first, Math.min(this.#end - 1, index));
  }
}
