import type { InputEvent } from "../../terminal/input_event.ts";
import type { Canvas } from "../canvas.ts";
import { glyphsOf, widthOf } from "../glyphs.ts";

/** How an input behaves. */
export interface TextInputOptions {
  /** Whether it may have several lines. @default false */
  readonly isMultiline?: boolean;
  /** UTF-16 code units. @default 1000 */
  readonly maxLength?: number;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Part of the text on one row of the screen. */
interface Row {
  readonly start: number;
  readonly end: number;
}

/** An editor for one or several lines. */
export class TextInput {
  readonly #options: TextInputOptions;
  #text = "";
  /** Index of the UTF-16 code unit that the cursor stands before; never inside of a grapheme. */
  #cursor = 0;
  #width = 80;

  constructor(options: TextInputOptions = {}) {
    this.#options = options;
  }

  get text(): string {
    return this.#text;
  }

  /** Replaces the text, with the cursor at its end. */
  set text(text: string) {
    this.#text = this.#allowed(text).slice(0, this.#maxLength);
    this.#cursor = this.#text.length;
  }

  /** Rows that the text takes at a width. */
  heightAt(width: number): number {
    return this.#rows(width).length;
  }

  /**
   * Does what a key does in an editor.
   *
   * @returns false if the key means nothing to it
   */
  handle(event: InputEvent): boolean {
    if (event.kind === "mouse") return false;
    if (event.kind === "paste") return this.#insert(event.text);
    if (event.text !== "") return this.#insert(event.text);
    return this.#edit(event.chord);
  }

  /** @param isFocused whether the cursor is shown */
  draw(canvas: Canvas, { isFocused, hint = "" }: { isFocused: boolean; hint?: string }): void {
    this.#width = Math.max(2, canvas.width);
    const rows = this.#rows(this.#width);
    const cursorRow = rows.findLastIndex(({ start }) => start <= this.#cursor);
    const top = Math.max(0, cursorRow - canvas.height + 1);
    rows.slice(top, top + canvas.height).forEach(({ start, end }, y) =>
      canvas.text(0, y, this.#text.slice(start, end))
    );
    if (this.#text === "") canvas.text(0, 0, hint, canvas.theme.muted);
    if (!isFocused) return;
    const x = widthOf(this.#text.slice(rows[cursorRow]!.start, this.#cursor));
    canvas.showCursor(Math.min(x, canvas.width - 1), cursorRow - top);
  }

  #edit(chord: string): boolean {
    const { before, after } = this.#neighbours();
    switch (chord) {
      case "left":
      case "ctrl-b":
        return this.#moveTo(before);
      case "right":
      case "ctrl-f":
        return this.#moveTo(after);
      case "ctrl-left":
      case "alt-b":
        return this.#moveTo(this.#wordBefore());
      case "ctrl-right":
      case "alt-f":
        return this.#moveTo(this.#wordAfter());
      case "home":
      case "ctrl-a":
        return this.#moveTo(this.#text.lastIndexOf("\n", this.#cursor - 1) + 1);
      case "end":
      case "ctrl-e":
        return this.#moveTo(this.#lineEnd());
      case "backspace":
        return this.#remove(before, this.#cursor);
      case "delete":
        return this.#remove(this.#cursor, after);
      case "ctrl-w":
      case "alt-backspace":
        return this.#remove(this.#wordBefore(), this.#cursor);
      case "ctrl-u":
        return this.#remove(this.#text.lastIndexOf("\n", this.#cursor - 1) + 1, this.#cursor);
      case "ctrl-k":
        return this.#remove(this.#cursor, this.#lineEnd());
    }
    if (this.#options.isMultiline !== true) return false;
    switch (chord) {
      case "alt-enter":
      case "ctrl-j":
        return this.#insert("\n");
      case "up":
        return this.#moveRows(-1);
      case "down":
        return this.#moveRows(1);
    }
    return false;
  }

  #insert(text: string): boolean {
    const room = this.#maxLength - this.#text.length;
    const added = this.#allowed(text).slice(0, room);
    this.#text = this.#text.slice(0, this.#cursor) + added + this.#text.slice(this.#cursor);
    this.#cursor += added.length;
    return true;
  }

  #remove(start: number, end: number): boolean {
    this.#text = this.#text.slice(0, start) + this.#text.slice(end);
    this.#cursor = start;
    return true;
  }

  #moveTo(index: number): boolean {
    this.#cursor = index;
    return true;
  }

  /** Moves to the same column of the row above or below. */
  #moveRows(rows: number): boolean {
    const all = this.#rows(this.#width);
    const from = all.findLastIndex(({ start }) => start <= this.#cursor);
    const to = all[from + rows];
    if (to === undefined) return true;
    const column = widthOf(this.#text.slice(all[from]!.start, this.#cursor));
    let index = to.start;
    let x = 0;
    for (const { segment } of segmenter.segment(this.#text.slice(to.start, to.end))) {
      x += widthOf(segment);
      if (x > column) break;
      index += segment.length;
    }
    return this.#moveTo(index);
  }

  get #maxLength(): number {
    return this.#options.maxLength ?? 1_000;
  }

  #allowed(text: string): string {
    return this.#options.isMultiline === true ? text : text.replaceAll(/\s*[\r\n]+\s*/g, " ");
  }

  /** Where the graphemes beside the cursor begin and end. */
  #neighbours(): { before: number; after: number } {
    let before = 0;
    for (const { index, segment } of segmenter.segment(this.#text)) {
      if (index >= this.#cursor) return { before, after: index + segment.length };
      before = index;
    }
    return { before, after: this.#text.length };
  }

  #wordBefore(): number {
    return /\S*\s*$/u.exec(this.#text.slice(0, this.#cursor))!.index;
  }

  #wordAfter(): number {
    return this.#cursor + /^\s*\S*/u.exec(this.#text.slice(this.#cursor))![0].length;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf("\n", this.#cursor);
    return end < 0 ? this.#text.length : end;
  }

  #rows(width: number): Row[] {
    const rows: Row[] = [];
    let start = 0;
    for (const line of this.#text.split("\n")) {
      let rowStart = start;
      let at = start;
      let used = 0;
      for (const { segment } of segmenter.segment(line)) {
        const segmentWidth = [...glyphsOf(segment)].reduce((sum, glyph) => sum + glyph.width, 0);
        // A column is left free for the cursor.
        if (used + segmentWidth > width - 1) {
          rows.push({ start: rowStart, end: at });
          [rowStart, used] = [at, 0];
        }
        used += segmentWidth;
        at += segment.length;
      }
      rows.push({ start: rowStart, end: at });
      start += line.length + 1;
    }
    return rows;
  }
}
