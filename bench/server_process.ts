const ROOT = new URL("..", import.meta.url);
const START_TIMEOUT_MS = 20_000;
const LOG_CHARACTERS_KEPT = 10_000;

/** A server in a process of its own, which logs its URL as the member `url` of a line of JSON. */
export class ServerProcess implements AsyncDisposable {
  readonly url: URL;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #log: Log;
  #hasEnded = false;

  private constructor(child: Deno.ChildProcess, url: URL, log: Log) {
    this.#child = child;
    this.pid = child.pid;
    this.url = url;
    this.#log = log;
    child.status.then(() => this.#hasEnded = true);
  }

  /**
   * Resolves when the server listens.
   *
   * @param args of Deno, relative to the checkout
   */
  static async spawn(args: readonly string[]): Promise<ServerProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: ROOT,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const log = new Log(child.stderr);
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    try {
      return new ServerProcess(child, await log.url, log);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The end of what the server has logged. */
  get log(): string {
    return this.#log.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

class Log {
  text = "";
  /** @throws {Error} if the server ends without having logged it */
  readonly url: Promise<URL>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    const { promise, resolve, reject } = Promise.withResolvers<URL>();
    this.url = promise;
    this.#read(stream, resolve).then(() => reject(new Error(`a server ended:\n${this.text}`)));
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, onUrl: (url: URL) => void) {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      this.text = (this.text + chunk).slice(-LOG_CHARACTERS_KEPT);
      const [, url] = /"url":"([^"]+)"/.exec(this.text) ?? [];
      if (url !== undefined) onUrl(new URL(url));
    }
  }
}
