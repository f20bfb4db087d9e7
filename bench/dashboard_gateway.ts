import { join } from "node:path";
import { ensureLibrary } from "../ffi/build.ts";
import { ensurePython } from "../tests/python.ts";
import type { Size } from "../tui/screen/screen.ts";
import { runArguments } from "./gateway_process.ts";
import type { Workspace } from "./workspace.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const HOST = join(ROOT, "tests/tui/pty_host.py");
const START_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 20;

/** A gateway in a pseudo-terminal, on which it draws its dashboard; nobody looks at it. */
export class DashboardGateway implements AsyncDisposable {
  readonly url: URL;
  readonly #host: Deno.ChildProcess;
  readonly #pid: number;

  private constructor(host: Deno.ChildProcess, pid: number, url: URL) {
    this.#host = host;
    this.#pid = pid;
    this.url = url;
  }

  static async start(workspace: Workspace, { columns, rows }: Size): Promise<DashboardGateway> {
    await ensureLibrary();
    const directory = join(workspace.directory, "dashboard");
    await Deno.mkdir(directory);
    const log = join(directory, "log");
    const command = [
      ...[Deno.execPath(), ...runArguments(), "main.ts", "serve", "--no-llm", "--port", "0"],
      ...["--log-format", "json", "--data-dir", directory],
      ...["--ring-path", join(workspace.ringDirectory, "dashboard")],
    ];
    const host = new Deno.Command(await ensurePython(), {
      args: [
        ...[HOST, String(columns), String(rows)],
        // Says its process id, which stays that of the gateway, and where it listens.
        ...["sh", "-c", 'log="$1"; shift; echo "{\\"pid\\":$$}" >"$log"; exec "$@" 2>>"$log"'],
        ...["sh", log, ...command],
      ],
      cwd: ROOT,
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const { pid, url } = await readLog(log);
    return workspace.use(new DashboardGateway(host, pid, url));
  }

  /** Stops the process until {@linkcode resume}. */
  pause(): void {
    Deno.kill(this.#pid, "SIGSTOP");
  }

  resume(): void {
    Deno.kill(this.#pid, "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Deno.kill(this.#pid, "SIGKILL");
    await this.#host.stdin.close();
    await this.#host.status;
  }
}

async function readLog(path: string): Promise<{ pid: number; url: URL }> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  let log = "";
  while (performance.now() < deadlineMs) {
    log = await Deno.readTextFile(path).catch(() => "");
    const [, pid] = /"pid":(\d+)/.exec(log) ?? [];
    const [, url] = /"url":"([^"]+)"/.exec(log) ?? [];
    if (pid !== undefined && url !== undefined) return { pid: Number(pid), url: new URL(url) };
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new Error(`the gateway with a dashboard did not start:\n${log}`);
}
