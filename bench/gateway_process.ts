import { join } from "node:path";
import denoConfig from "../deno.json" with { type: "json" };
import { ensureLibrary } from "../ffi/build.ts";
import { ServerProcess } from "./server_process.ts";
import type { Workspace } from "./workspace.ts";

const POLL_INTERVAL_MS = 10;
const READY_TIMEOUT_MS = 10_000;
const DRAIN_TIMEOUT_MS = 120_000;

/** How far the gateway has come. */
export interface Progress {
  /** Events committed since the start. */
  readonly events: number;
  /** Frames published since the start. */
  readonly frames: number;
}

/** The gateway as its users run it, with a ring of default size and a database on disk. */
export class GatewayProcess implements AsyncDisposable {
  /** From the start of the process to the first 200 of `/ready`. */
  readonly readyMs: number;
  readonly url: URL;
  readonly #process: ServerProcess;

  private constructor(process: ServerProcess, readyMs: number) {
    this.#process = process;
    this.url = process.url;
    this.readyMs = readyMs;
  }

  /**
   * @param name of this gateway among those of the workspace
   * @param flags beside those for its files
   */
  static async start(
    workspace: Workspace,
    { name = "gateway", flags = [] }: { name?: string; flags?: readonly string[] } = {},
  ): Promise<GatewayProcess> {
    await ensureLibrary();
    const startedMs = performance.now();
    const process = workspace.use(
      await ServerProcess.spawn([
        ...runArguments(),
        ...["main.ts", "serve", "--no-tui", "--port", "0", "--log-format", "json"],
        ...["--data-dir", join(workspace.directory, name)],
        ...["--ring-path", join(workspace.ringDirectory, name), ...flags],
      ]),
    );
    await until("the gateway is ready", READY_TIMEOUT_MS, async () => {
      const response = await fetch(new URL("/ready", process.url));
      await response.body?.cancel();
      return response.ok;
    });
    return new GatewayProcess(process, performance.now() - startedMs);
  }

  async progress(): Promise<Progress> {
    const response = await fetch(new URL("/metrics", this.url));
    if (!response.ok) throw new Error(`/metrics: ${await response.text()}\n${this.#process.log}`);
    const { events_ingested, physics } = await response.json();
    return { events: events_ingested, frames: physics.frames_written };
  }

  /**
   * Resolves when every event has its frame.
   *
   * @returns how long that took, ms
   */
  async drained(): Promise<number> {
    const startedMs = performance.now();
    await until("every event has its frame", DRAIN_TIMEOUT_MS, async () => {
      const { events, frames } = await this.progress();
      return frames >= events;
    });
    return performance.now() - startedMs;
  }

  /** Stops the process until {@linkcode resume}. */
  pause(): void {
    Deno.kill(this.#process.pid, "SIGSTOP");
  }

  resume(): void {
    Deno.kill(this.#process.pid, "SIGCONT");
  }

  /** Ends the process, which the end of the workspace does too. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  /** Resident memory without the ring's pages, which are shared; MB. NaN where it is unknown. */
  async residentMb(): Promise<number> {
    if (Deno.build.os !== "linux") return NaN;
    const status = await Deno.readTextFile(`/proc/${this.#process.pid}/status`);
    const kib = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
    return (kib("RssAnon") + kib("RssFile")) * 1024 / 1e6;
  }
}

/**
 * What `deno task start` gives Deno before the script: the bench must not measure other flags than
 * users have.
 */
export function runArguments(): string[] {
  const [program, ...args] = denoConfig.tasks.start.command.split(" ");
  const script = args.pop();
  if (program === "deno" && script === "main.ts") return args;
  throw new Error("`deno task start` is expected to run `deno … main.ts`");
}

async function until(what: string, timeoutMs: number, isTrue: () => Promise<boolean>) {
  const deadlineMs = performance.now() + timeoutMs;
  while (!await isTrue()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}
