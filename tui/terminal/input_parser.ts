// deno-lint-ignore-file no-control-regex -- they are what terminals send
import type { InputEvent } from "./input_event.ts";

const ESCAPE = "\x1b";
const PASTE_BEGIN = "\x1b[200~";
const PASTE_END = "\x1b[201~";
/** What is pasted beyond this is left out; UTF-16 code units. */
const MAX_PASTE_LENGTH = 64 << 10;
/** A sequence longer than this is none. */
const MAX_SEQUENCE_LENGTH = 64;

const MOUSE = /^\x1b\[<(\d+);(\d+);(\d+)([Mm])/;
const CSI = /^\x1b\[([\d;]*)([@-~])/;
const SS3 = /^\x1bO([ -~])/;
/** The beginning of what may become one of the above. */
const UNFINISHED = /^\x1b(?:O|\[[<?]?[\d;]*)?$/;
const UNKNOWN_CSI = /^\x1b\[[ -?]*[@-~]/;

const CSI_KEYS: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
  Z: "shift-tab",
};
const TILDE_KEYS: Readonly<Record<string, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
  11: "f1",
  12: "f2",
  13: "f3",
  14: "f4",
  15: "f5",
};
const CONTROL_KEYS: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\t": "tab",
  "\x1b": "escape",
  "\x7f": "backspace",
  "\b": "backspace",
  "\0": "ctrl-space",
};

const BUTTON_MASK = 0b1100_0011;
const MOTION_BIT = 0b0010_0000;

/** An event and how many characters it took; null = they mean nothing to us. */
interface Parsed {
  readonly event: InputEvent | null;
  readonly length: number;
}

/**
 * Makes events of the bytes that a terminal sends, however they are cut into pieces.
 *
 * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export class InputParser {
  readonly #decoder = new TextDecoder();
  #buffer = "";
  /** What of a paste has come so far; null = none is going on. */
  #paste: string | null = null;

  /** Whether a sequence may be unfinished: an Escape key alone looks like the beginning of one. */
  get isWaiting(): boolean {
    return this.#buffer !== "" && this.#paste === null;
  }

  push(bytes: Uint8Array): InputEvent[] {
    this.#buffer += this.#decoder.decode(bytes, { stream: true });
    return this.#drain(false);
  }

  /** Takes what has come as it is, because nothing more did for a while. */
  flush(): InputEvent[] {
    return this.#drain(true);
  }

  #drain(isFinal: boolean): InputEvent[] {
    const events: InputEvent[] = [];
    while (this.#buffer !== "") {
      if (this.#paste === null && this.#buffer.startsWith(PASTE_BEGIN)) {
        this.#buffer = this.#buffer.slice(PASTE_BEGIN.length);
        this.#paste = "";
      }
      const parsed = this.#paste === null ? parse(this.#buffer, isFinal) : this.#parsePaste();
      if (parsed === null) break;
      if (parsed.event !== null) events.push(parsed.event);
      this.#buffer = this.#buffer.slice(parsed.length);
    }
    return events;
  }

  #parsePaste(): Parsed | null {
    const end = this.#buffer.indexOf(PASTE_END);
    // The end may be cut in two.
    const length = end >= 0 ? end : Math.max(0, this.#buffer.length - PASTE_END.length + 1);
    this.#paste = (this.#paste + this.#buffer.slice(0, length)).slice(0, MAX_PASTE_LENGTH);
    if (end < 0) {
      this.#buffer = this.#buffer.slice(length);
      return null;
    }
    const text = this.#paste.replaceAll(/\r\n?/g, "\n");
    this.#paste = null;
    return { event: { kind: "paste", text }, length: end + PASTE_END.length };
  }
}

/** The first event of `buffer`, which is not empty; null if it is not complete yet. */
function parse(buffer: string, isFinal: boolean): Parsed | null {
  if (buffer[0] !== ESCAPE) return character(buffer, "");
  if (UNFINISHED.test(buffer) && buffer.length < MAX_SEQUENCE_LENGTH) {
    if (!isFinal) return null;
    if (buffer.length === 1) return key("escape", 1);
    if (buffer.length > 2) return nothing(buffer.length);
  }
  const mouse = MOUSE.exec(buffer);
  if (mouse !== null) return mouseEvent(mouse);
  const csi = CSI.exec(buffer);
  if (csi !== null) {
    const name = csi[2] === "~" ? TILDE_KEYS[csi[1]!.split(";")[0]!] : CSI_KEYS[csi[2]!];
    const length = csi[0].length;
    return name === undefined ? nothing(length) : key(modifiers(csi[1]!) + name, length);
  }
  const ss3 = SS3.exec(buffer);
  if (ss3 !== null) {
    const name = CSI_KEYS[ss3[1]!];
    return name === undefined ? nothing(3) : key(name, 3);
  }
  const unknown = UNKNOWN_CSI.exec(buffer);
  if (unknown !== null) return nothing(unknown[0].length);
  // Escape twice: the first one is the key.
  if (buffer[1] === ESCAPE || buffer.length === 1) return key("escape", 1);
  const { event, length } = character(buffer.slice(1), "alt-");
  return { event, length: length + 1 };
}

function character(buffer: string, prefix: string): Parsed {
  const text = String.fromCodePoint(buffer.codePointAt(0)!);
  const { length } = text;
  const name = CONTROL_KEYS[text];
  if (name !== undefined) return key(prefix + name, length);
  if (text < " ") {
    const letter = String.fromCharCode(text.charCodeAt(0) + 0x60);
    return key(`ctrl-${prefix}${letter}`, length);
  }
  const typed = prefix === "" ? text : "";
  return key(prefix + (text === " " ? "space" : text), length, typed);
}

/** The second parameter is 1 + a bit each for shift, alt and control. */
function modifiers(parameters: string): string {
  const bits = Number(parameters.split(";")[1] ?? 1) - 1;
  return (bits & 4 ? "ctrl-" : "") + (bits & 2 ? "alt-" : "") + (bits & 1 ? "shift-" : "");
}

function mouseEvent([sequence, code, column, row, final]: RegExpExecArray): Parsed {
  const button = Number(code) & BUTTON_MASK;
  const actions = { 0: "click", 64: "wheel-up", 65: "wheel-down" } as const;
  const action = actions[button as keyof typeof actions];
  if (action === undefined || final === "m" || Number(code) & MOTION_BIT) {
    return nothing(sequence.length);
  }
  const [x, y] = [Number(column) - 1, Number(row) - 1];
  return { event: { kind: "mouse", action, x, y }, length: sequence.length };
}

function key(chord: string, length: number, text = ""): Parsed {
  return { event: { kind: "key", chord, text }, length };
}

function nothing(length: number): Parsed {
  return { event: null, length };
}
