import { eventually, within } from "../e2e/gateway.ts";

/** A command, and all that it starts. */
export class Terminal implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #ended: Promise<Deno.CommandStatus>;
  #printed = "";
  #complaints = "";
  #hasEnded = false;

  constructor(command: readonly string[], place: Pick<Deno.CommandOptions, "cwd" | "env">) {
    const [name, ...args] = command;
    this.#process = new Deno.Command(name!, {
      ...place,
      args,
      // In a process group of its own, which ends as one.
      detached: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#ended = this.#follow();
  }

  /** What it has written to standard output so far. */
  get printed(): string {
    return this.#printed;
  }

  /** What it has written to standard error so far. */
  get complaints(): string {
    return this.#complaints;
  }

  /** Resolves when it has ended by itself; @throws {Error} if it does not in time. */
  ended(timeoutMs: number): Promise<Deno.CommandStatus> {
    return within(timeoutMs, "the example", this.#ended);
  }

  /** Resolves when a condition holds; @throws {Error} if it does not in time. */
  async until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    try {
      await eventually(what, async () => await holds() || undefined);
    } catch (cause) {
      const said = `${this.#printed}${this.#complaints}`;
      throw new Error(`${(cause as Error).message}; it has printed:\n${said}`, { cause });
    }
  }

  /** Ends it as ctrl-c does, if it has not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) Deno.kill(-this.#process.pid, "SIGINT");
    await this.#ended;
  }

  async #follow(): Promise<Deno.CommandStatus> {
    const { stdout, stderr, status } = this.#process;
    await Promise.all([
      readAll(stdout, (text) => this.#printed += text),
      readAll(stderr, (text) => this.#complaints += text),
    ]);
    const ending = await status;
    this.#hasEnded = true;
    return ending;
  }
}

async function readAll(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onText: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) onText(text);
}
