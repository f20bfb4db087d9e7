import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PERMISSION_FLAGS } from "../../release/permissions.ts";
import type { Size } from "../../tui/screen/screen.ts";
import { Emulator } from "./emulator.ts";

/** How a program in a terminal has ended. */
export interface Ending {
  /** Negative = the signal that ended it. */
  readonly code: number;
  /** Whether what is typed is echoed, as shells want it. */
  readonly echoes: boolean;
  /** Whether lines are read as a whole, as shells want it. */
  readonly readsLines: boolean;
}

const ROOT = new URL("../../", import.meta.url).pathname;
const HOST = join(ROOT, "tests/tui/pty_host.py");
const SNAPSHOTS = join(ROOT, "tests/tui/snapshots");
const TIMEOUT_MS = 20_000;
/** With this variable set, snapshots are written instead of compared. */
const UPDATE = Deno.env.get("UPDATE_SNAPSHOTS") !== undefined;
/** A screen counts as finished when nothing was drawn for so long. */
const QUIET_MS = 700;
const SIGNAL_NUMBERS = { SIGTERM: 15, SIGHUP: 1, SIGINT: 2 } as const;
const encoder = new TextEncoder();

const KEYS: Readonly<Record<string, string>> = {
  enter: "\r",
  escape: "\x1b",
  tab: "\t",
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
  pagedown: "\x1b[6~",
  pageup: "\x1b[5~",
  backspace: "\x7f",
  "alt-enter": "\x1b\r",
  "shift-tab": "\x1b[Z",
  "ctrl-c": "\x03",
  "ctrl-z": "\x1a",
};

/** What the robot starts. */
export interface RobotOptions extends Size {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Sits at a terminal in which a program runs: presses keys and looks at the screen. */
export class Robot implements AsyncDisposable {
  readonly emulator: Emulator;
  /** Resolves when the program has ended. */
  readonly ending: Promise<Ending>;
  /** Texts that the program has put on the clipboard. */
  readonly copied: string[] = [];
  /** Everything that the program has written. */
  output = "";
  readonly #host: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #onOutput: () => void = () => {};
  #hasEnded = false;

  constructor({ command, env = {}, ...size }: RobotOptions) {
    this.emulator = new Emulator(size);
    this.emulator.onCopy((text) => this.copied.push(text));
    this.#host = new Deno.Command(Deno.env.get("COLLIDER_PYTHON") ?? "python3", {
      args: [HOST, String(size.columns), String(size.rows), ...command],
      cwd: ROOT,
      env: { TERM: "xterm-256color", NO_COLOR: "", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#host.stdin.getWriter();
    this.ending = this.#read();
  }

  /** The command of `collider top`, which may do no more than the executable. */
  static topCommand(url: string, flags: readonly string[] = []): string[] {
    const program = [Deno.execPath(), "run", ...PERMISSION_FLAGS, "main.ts"];
    return [...program, "top", "--url", url, "--refresh-ms", "1", ...flags];
  }

  /** Starts `collider top`. */
  static top(url: string, size: Size, flags: readonly string[] = []): Robot {
    return new Robot({ ...size, command: Robot.topCommand(url, flags) });
  }

  /** Presses keys one after the other: names such as `enter`, or characters. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#send("k", encoder.encode(KEYS[key] ?? key));
  }

  /** Clicks a cell, as terminals tell it (SGR). */
  async click(x: number, y: number): Promise<void> {
    await this.press(`\x1b[<0;${x + 1};${y + 1}M\x1b[<0;${x + 1};${y + 1}m`);
  }

  async resize(size: Size): Promise<void> {
    this.emulator.resize(size);
    await this.#send("r", encoder.encode(`${size.columns} ${size.rows}`));
  }

  async signal(name: keyof typeof SIGNAL_NUMBERS): Promise<void> {
    await this.#send("s", encoder.encode(String(SIGNAL_NUMBERS[name])));
  }

  /** The screen as text; ports, which differ from run to run, are left out. */
  get screen(): string {
    return this.emulator.lines().join("\n").replaceAll(/(?<=127\.0\.0\.1:)\d{5}/g, "·····");
  }

  /** Waits until the screen shows something. */
  async sees(what: string | RegExp): Promise<void> {
    const isSeen = await this.until(({ screen }) =>
      typeof what === "string" ? screen.includes(what) : what.test(screen)
    );
    assert.ok(isSeen, `${what} was not to be seen, but\n${this.screen}`);
  }

  /** Waits until the screen looks as in the file `snapshots/<name>.txt`. */
  async seesSnapshot(name: string): Promise<void> {
    const path = join(SNAPSHOTS, `${name}.txt`);
    if (UPDATE) {
      await this.quiet();
      await Deno.mkdir(dirname(path), { recursive: true });
      return await Deno.writeTextFile(path, `${this.screen}\n`);
    }
    const wanted = (await Deno.readTextFile(path)).trimEnd();
    const isSeen = await this.until(({ screen }) => screen.trimEnd() === wanted);
    if (!isSeen) assert.equal(this.screen.trimEnd(), wanted, name);
  }

  /** Waits until something is true; false if it did not become so in time. */
  async until(isTrue: (robot: this) => boolean): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), TIMEOUT_MS);
    this.#onOutput = () => isTrue(this) ? resolve(true) : undefined;
    this.#onOutput();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#onOutput = () => {};
    }
  }

  /** Waits until nothing is drawn for a while. */
  async quiet(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#onOutput = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, QUIET_MS);
      };
      this.#onOutput();
    });
    this.#onOutput = () => {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The host ends the program when nobody drives it any more.
    if (!this.#hasEnded) await this.#input.close().catch(() => {});
    await this.ending;
  }

  async #send(kind: string, data: Uint8Array): Promise<void> {
    const message = new Uint8Array(5 + data.length);
    message[0] = kind.charCodeAt(0);
    new DataView(message.buffer).setUint32(1, data.length);
    message.set(data, 5);
    await this.#input.write(message);
  }

  async #read(): Promise<Ending> {
    const report = new Response(this.#host.stderr).text();
    const decoder = new TextDecoder();
    for await (const chunk of this.#host.stdout) {
      this.output += decoder.decode(chunk, { stream: true });
      await this.emulator.write(chunk);
      // What has come of a frame so far is not shown.
      if (!this.emulator.modes.synchronizedOutputMode) this.#onOutput();
    }
    await this.#host.status;
    this.#hasEnded = true;
    await this.#input.close().catch(() => {});
    return JSON.parse((await report).trim().split("\n").at(-1)!);
  }
}
