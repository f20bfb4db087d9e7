import assert from "node:assert/strict";
import { join } from "node:path";
import { programCommand } from "./program.ts";

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 15_000;

/** How a test's gateway is started. */
export interface GatewayOptions {
  /** Holds database and ring, and is left behind; a fresh one, removed with the gateway, if absent. */
  readonly directory?: string;
  /** @default `gateway.db` in the directory */
  readonly databasePath?: string;
  /** @default `ring` in the directory */
  readonly ringPath?: string;
  /** Frames in the ring. @default 1024 */
  readonly ringCapacity?: number;
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
  /** What a shell does before, in the process that becomes the gateway. */
  readonly shell?: string;
}

/** How a process ended. */
export interface Ending {
  readonly code: number;
  readonly stderr: string;
}

/** A gateway in a process of its own, on a free port. */
export class Gateway implements AsyncDisposable {
  readonly url: string;
  readonly directory: string;
  readonly databasePath: string;
  readonly ringPath: string;
  readonly #child: GatewayProcess;
  readonly #ownsDirectory: boolean;

  private constructor(child: GatewayProcess, url: string, ownsDirectory: boolean) {
    this.#child = child;
    this.url = url;
    this.directory = child.directory;
    this.databasePath = child.databasePath;
    this.ringPath = child.ringPath;
    this.#ownsDirectory = ownsDirectory;
  }

  /** Resolves when the gateway takes requests. */
  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const directory = options.directory ?? await Deno.makeTempDir({ prefix: "collider-" });
    const child = await GatewayProcess.spawn({ ...options, directory });
    const url = await within(START_TIMEOUT_MS, "the gateway's start", child.ready);
    return new Gateway(child, url, options.directory === undefined);
  }

  /** Everything written to standard error so far. */
  get log(): string {
    return this.#child.stderr;
  }

  /** Sends a request; `path` is relative to the gateway's URL. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.url), init);
  }

  /** Sends one event; resolves with its id when it is durable. */
  async ingest(event: unknown): Promise<string> {
    const response = await this.fetch("/ingest", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(event),
    });
    const answer = await response.json();
    assert.equal(response.status, 200, answer.error);
    return answer.id;
  }

  /** The most memory it has had resident so far, with the ring's touched pages. Linux only. */
  async peakResidentBytes(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  }

  /** Sends a signal without waiting for anything. */
  signal(name: Deno.Signal = "SIGTERM"): void {
    this.#child.signal(name);
  }

  /** Resolves when the process has ended. */
  ending(): Promise<Ending> {
    return within(STOP_TIMEOUT_MS, "the gateway's end", this.#child.ending);
  }

  /** Stops the gateway as an operator does, and asserts that it ends well. */
  async stop(): Promise<void> {
    this.signal();
    const { code, stderr } = await this.ending();
    // On Windows a process can't ask another to stop, only end it.
    if (Deno.build.os !== "windows") assert.equal(code, 0, stderr);
  }

  /** Ends the gateway as a crash does. */
  async kill(): Promise<void> {
    this.#child.signal("SIGKILL");
    await this.ending();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#ownsDirectory) await Deno.remove(this.directory, { recursive: true });
  }
}

/** Starts a gateway that is expected to refuse its flags or files; resolves when it has ended. */
export async function runGateway(
  options: GatewayOptions & { directory: string },
): Promise<Ending> {
  const child = await GatewayProcess.spawn(options);
  try {
    return await within(START_TIMEOUT_MS, "the gateway's refusal", child.ending);
  } finally {
    child.signal("SIGKILL");
    await child.ending;
  }
}

class GatewayProcess {
  readonly directory: string;
  readonly databasePath: string;
  readonly ringPath: string;
  /** The URL it listens on. */
  readonly ready: Promise<string>;
  readonly ending: Promise<Ending>;
  stderr = "";
  readonly #process: Deno.ChildProcess;
  #hasEnded = false;

  private constructor(process: Deno.ChildProcess, paths: [string, string, string]) {
    this.#process = process;
    [this.directory, this.databasePath, this.ringPath] = paths;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    promise.catch(() => {}); // a gateway that is expected to refuse is never asked
    this.ready = promise;
    this.ending = this.#read(resolve).then((ending) => {
      reject(new Error(`the gateway ended with code ${ending.code}:\n${ending.stderr}`));
      return ending;
    });
  }

  static async spawn(options: GatewayOptions & { directory: string }): Promise<GatewayProcess> {
    const { directory, ringCapacity = 1024, flags = [] } = options;
    const databasePath = options.databasePath ?? join(directory, "gateway.db");
    const ringPath = options.ringPath ?? join(directory, "ring");
    const { command, ...how } = await programCommand([
      ...["serve", "--no-tui", "--port", "0", "--log-format", "json"],
      ...["--data-dir", directory, "--db-path", databasePath, "--ring-path", ringPath],
      ...["--ring-capacity", String(ringCapacity), ...flags],
      // Tests without a language model must not find the one of whoever runs them.
      ...(flags.includes("--llm-base-url") ? [] : ["--no-llm"]),
    ]);
    const { shell } = options;
    const [program, args] = shell === undefined
      ? [command, how.args]
      : ["sh", ["-c", `${shell}; exec "$@"`, "sh", command, ...how.args]];
    const process = new Deno.Command(program, { ...how, args, stdout: "null", stderr: "piped" })
      .spawn();
    return new GatewayProcess(process, [directory, databasePath, ringPath]);
  }

  get pid(): number {
    return this.#process.pid;
  }

  signal(name: Deno.Signal): void {
    if (!this.#hasEnded) this.#process.kill(name);
  }

  async #read(onReady: (url: string) => void): Promise<Ending> {
    const text = this.#process.stderr.pipeThrough(new TextDecoderStream());
    for await (const chunk of text) {
      this.stderr += chunk;
      const [, url] = /"collider is ready","url":"([^"]+)"/.exec(this.stderr) ?? [];
      if (url !== undefined) onReady(url);
    }
    const { code } = await this.#process.status;
    this.#hasEnded = true;
    return { code, stderr: this.stderr };
  }
}

/** @throws {Error} when the promise does not settle in time */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => timeout.reject(new Error(`${what} took longer than ${timeoutMs} ms`)),
    timeoutMs,
  );
  return await Promise.race([promise, timeout.promise]).finally(() => clearTimeout(timer));
}

/** Asks again and again until the answer is not undefined, at most `timeoutMs` long. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 15_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  while (performance.now() < deadlineMs) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not happen within ${timeoutMs} ms`);
}
