import { suspendProcessGroup } from "../../ffi/suspend.ts";
import type { Size } from "../screen/screen.ts";
import type { InputEvent } from "./input_event.ts";
import { InputParser } from "./input_parser.ts";

/** What comes from a terminal. */
export type TerminalEvent =
  | InputEvent
  | { readonly kind: "resize" }
  /** The program goes on after it was suspended; whatever was on the screen is gone. */
  | { readonly kind: "resume" }
  /** The terminal is gone, or a signal asks the program to end. */
  | { readonly kind: "stop" };

/** What the dashboard needs of a terminal. */
export interface DashboardTerminal {
  readonly size: Size;
  /** Calls back with all that comes, from now on. */
  listen(onEvent: (event: TerminalEvent) => void): void;
  /** Resolves when the terminal has taken the text. */
  write(text: string): Promise<void>;
  setMouse(isOn: boolean): void;
  /** Puts a text on the clipboard of whoever sits at the terminal. */
  copy(text: string): void;
  /** Gives the terminal back to the shell, until the user brings the program to the foreground. */
  suspend(): Promise<void>;
}

/** Standard input or output is not a terminal. */
export class NotATerminalError extends Error {
  override readonly name = "NotATerminalError";
  readonly hint = "Run it in a terminal, without redirecting its input or output.";

  constructor() {
    super("the dashboard needs a terminal to draw on");
  }
}

/** An Escape key is known by nothing following it for so long. */
const ESCAPE_TIMEOUT_MS = 30;
const READ_BYTES = 4_096;
/** Until a terminal that is not held up has taken a text. */
const WRITING_MS = 20;
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));
/** Terminals refuse or cut what is longer, in bytes of text. */
const MAX_COPY_BYTES = 74_000;

/** Alternate screen, bracketed paste. */
const ENTER = "\x1b[?1049h\x1b[?2004h";
const MOUSE_ON = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF = "\x1b[?1006l\x1b[?1000l";
/** Undoes all that may have been set, a frame that was cut short among it. */
const LEAVE = `\x1b[?2026l\x1b[0m${MOUSE_OFF}\x1b[?2004l\x1b[?25h\x1b[?1049l`;

const STOP_SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const encoder = new TextEncoder();

/**
 * The terminal that the process runs in, as long as the dashboard has it. However that ends (disposal,
 * an error that nobody catches, `Deno.exit`), the terminal is left as it was found.
 */
export class Terminal implements DashboardTerminal, AsyncDisposable {
  readonly #parser = new InputParser();
  readonly #ending = new AbortController();
  #onEvent: (event: TerminalEvent) => void = () => {};
  #escapeTimer: ReturnType<typeof setTimeout> | undefined;
  #hasMouse = true;
  #isOpen = false;
  #isLeaving = false;
  /** What is on its way out; null = nothing. */
  #writing: Promise<void> | null = null;

  /** @throws {NotATerminalError} */
  constructor() {
    if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) throw new NotATerminalError();
    for (const event of ["unload", "error", "unhandledrejection"]) {
      globalThis.addEventListener(event, () => this.#leaveNow(), { signal: this.#ending.signal });
    }
    this.#onSignals(Deno.build.os === "windows" ? ["SIGINT"] : STOP_SIGNALS, "stop");
    if (Deno.build.os !== "windows") {
      this.#onSignals(["SIGWINCH"], "resize");
      this.#onSignals(["SIGCONT"], "resume", () => this.#enter());
    }
    this.#enter();
  }

  get size(): Size {
    const { columns, rows } = Deno.consoleSize();
    // A terminal that does not know its size says 0.
    return columns > 0 && rows > 0 ? { columns, rows } : { columns: 80, rows: 24 };
  }

  listen(onEvent: (event: TerminalEvent) => void): void {
    this.#onEvent = onEvent;
    this.#read();
  }

  async write(text: string): Promise<void> {
    this.#writing = this.#write(text).finally(() => this.#writing = null);
    await this.#writing;
  }

  setMouse(isOn: boolean): void {
    this.#hasMouse = isOn;
    this.#writeNow(isOn ? MOUSE_ON : MOUSE_OFF);
  }

  copy(text: string): void {
    const buffer = new Uint8Array(MAX_COPY_BYTES);
    const { written } = encoder.encodeInto(text, buffer);
    this.#writeNow(`\x1b]52;c;${buffer.subarray(0, written).toBase64()}\x1b\\`);
  }

  async suspend(): Promise<void> {
    if (Deno.build.os === "windows") return;
    await this.#leaveWhenWritten();
    suspendProcessGroup();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#escapeTimer);
    await this.#leaveWhenWritten();
    this.#ending.abort();
  }

  async #write(text: string): Promise<void> {
    // Not synchronously: a terminal that is slow must not keep the gateway from its work.
    let bytes = encoder.encode(text);
    try {
      while (bytes.length > 0 && this.#isOpen && !this.#isLeaving) {
        bytes = bytes.subarray(await Deno.stdout.write(bytes));
      }
    } catch {
      this.#onEvent({ kind: "stop" });
    }
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    while (!this.#ending.signal.aborted) {
      // An error means that the terminal was closed.
      const length = await Deno.stdin.read(buffer).catch(() => null);
      if (length === null) return this.#emit([{ kind: "stop" }]);
      clearTimeout(this.#escapeTimer);
      this.#emit(this.#parser.push(buffer.subarray(0, length)));
      if (!this.#parser.isWaiting) continue;
      this.#escapeTimer = setTimeout(() => this.#emit(this.#parser.flush()), ESCAPE_TIMEOUT_MS);
    }
  }

  #emit(events: readonly TerminalEvent[]): void {
    for (const event of events) if (!this.#ending.signal.aborted) this.#onEvent(event);
  }

  #onSignals(
    signals: readonly Deno.Signal[],
    kind: "stop" | "resize" | "resume",
    before: () => void = () => {},
  ): void {
    const listener = () => {
      before();
      this.#emit([{ kind }]);
    };
    for (const signal of signals) {
      Deno.addSignalListener(signal, listener);
      this.#ending.signal.addEventListener(
        "abort",
        () => Deno.removeSignalListener(signal, listener),
      );
    }
  }

  #enter(): void {
    this.#isOpen = true;
    this.#isLeaving = false;
    Deno.stdin.setRaw(true);
    this.#writeNow(ENTER + (this.#hasMouse ? MOUSE_ON : ""));
  }

  /** What is on its way out would otherwise be drawn on the shell's screen. */
  async #leaveWhenWritten(): Promise<void> {
    this.#isLeaving = true;
    await this.#writing;
    this.#leave();
  }

  /** For endings that wait for no promise: what is on its way out gets a moment. */
  #leaveNow(): void {
    if (this.#writing !== null) Atomics.wait(NEVER_NOTIFIED, 0, 0, WRITING_MS);
    this.#leave();
  }

  #leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#writeNow(LEAVE);
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // The terminal was closed.
    }
  }

  /** For what must be out before anything else happens. */
  #writeNow(text: string): void {
    try {
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    } catch {
      // The terminal was closed.
    }
  }
}
