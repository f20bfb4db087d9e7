import graphemes from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";
import type { IBufferCell, Terminal } from "@xterm/headless";
import { type CellBuffer, textOf } from "../../tui/screen/cell_buffer.ts";
import type { Size } from "../../tui/screen/screen.ts";
import { describeStyle, type StyleOptions } from "../../tui/screen/style.ts";

/** A cell as a person sees it. */
export interface SeenCell {
  /** Empty for the right half of a wide glyph. */
  readonly text: string;
  readonly style: StyleOptions;
}

/** A terminal without a window, that of VS Code and others: what it shows is what people see. */
export class Emulator {
  readonly #terminal: Terminal;
  /** That of the emulator loses a character such as … when its bytes come apart. */
  readonly #decoder = new TextDecoder();
  #title = "";
  #isCursorShown = true;

  constructor({ columns, rows }: Size) {
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      scrollback: 0,
    });
    const addon = new graphemes.UnicodeGraphemesAddon();
    addon.activate(this.#terminal as unknown as Parameters<typeof addon.activate>[0]);
    this.#terminal.unicode.activeVersion = "15-graphemes";
    this.#terminal.onTitleChange((title) => this.#title = title);
    this.#onCursorMode("h", true);
    this.#onCursorMode("l", false);
  }

  get isCursorShown(): boolean {
    return this.#isCursorShown;
  }

  /** Whether the alternate screen is shown, which leaves what was there before untouched. */
  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  /** What the mouse and pastes do. */
  get modes() {
    return this.#terminal.modes;
  }

  /** The window's title, which nothing should set. */
  get title(): string {
    return this.#title;
  }

  /** Resolves when the output was taken in. */
  write(output: string | Uint8Array): Promise<void> {
    const text = typeof output === "string"
      ? output
      : this.#decoder.decode(output, { stream: true });
    return new Promise((resolve) => this.#terminal.write(text, resolve));
  }

  resize({ columns, rows }: Size): void {
    this.#terminal.resize(columns, rows);
  }

  /** Calls back with the text that a program wants to have on the clipboard (OSC 52). */
  onCopy(callback: (text: string) => void): void {
    this.#terminal.parser.registerOscHandler(52, (data) => {
      const bytes = Uint8Array.from(atob(data.split(";")[1] ?? ""), (c) => c.charCodeAt(0));
      callback(new TextDecoder().decode(bytes));
      return true;
    });
  }

  /** Watches private mode 25, which the terminal obeys without telling. */
  #onCursorMode(final: string, isShown: boolean): void {
    this.#terminal.parser.registerCsiHandler({ prefix: "?", final }, (parameters) => {
      if (parameters.includes(25)) this.#isCursorShown = isShown;
      return false;
    });
  }

  /** What is shown, as lines of text. */
  lines(): string[] {
    return this.cells().map((row) => row.map(({ text }) => text).join("").trimEnd());
  }

  /** What is shown, row by row. */
  cells(): SeenCell[][] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, y) => {
      const line = active.getLine(active.viewportY + y);
      return Array.from({ length: this.#terminal.cols }, (_, x) => seen(line!.getCell(x)!));
    });
  }

  /** What a screen means to show, in the form of {@linkcode cells}. */
  static cellsOf({ width, height, glyphs, styles }: CellBuffer): SeenCell[][] {
    return Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => ({
        text: textOf(glyphs[y * width + x]!),
        style: describeStyle(styles[y * width + x]!),
      })));
  }
}

function seen(cell: IBufferCell): SeenCell {
  return {
    text: cell.getChars() || (cell.getWidth() === 0 ? "" : " "),
    style: {
      ...(cell.isFgDefault() ? {} : { fg: cell.getFgColor() }),
      ...(cell.isBgDefault() ? {} : { bg: cell.getBgColor() }),
      ...(cell.isBold() ? { bold: true } : {}),
      ...(cell.isDim() ? { dim: true } : {}),
      ...(cell.isItalic() ? { italic: true } : {}),
      ...(cell.isUnderline() ? { underline: true } : {}),
      ...(cell.isInverse() ? { reverse: true } : {}),
    },
  };
}
