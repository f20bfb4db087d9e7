import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { eventually, Gateway, type GatewayOptions } from "../e2e/gateway.ts";
import { programCommand } from "../e2e/program.ts";
import { ensurePython } from "../python.ts";
import type { Example } from "./document.ts";
import { assertPrinted, patternOf } from "./output.ts";
import { Terminal } from "./terminal.ts";

const ROOT = join(import.meta.dirname!, "..", "..");
/** What examples send as `invoice.png`. */
const DOCUMENT = join(ROOT, "tests", "fixtures", "ocr", "sans.png");
const RUN_TIMEOUT_MS = 30_000;
/** Where documents say that the gateway and its ring are. */
const DOCUMENTED_ADDRESS = /(?:localhost|127\.0\.0\.1):9382/g;
const DOCUMENTED_RING = /\/(?:dev\/shm|tmp)\/cs_physics/g;
const SETTLED = "SELECT (SELECT count(*) FROM events) = " +
  "(SELECT count(*) FROM enrichments WHERE stage = 'publish') AS settled";

/**
 * A folder and a gateway in which the examples of one document are run, one after the other. In
 * them and in `consumer.py` the documented address and ring are replaced by those of the gateway;
 * `collider` is the program as the end-to-end tests start it, and looks there too.
 */
export class ExampleRoom implements AsyncDisposable {
  readonly #gateway: Gateway;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  /** What the newest example has printed. */
  #printed = "";
  #other: Terminal | null = null;

  private constructor(gateway: Gateway, folder: string, env: Record<string, string>) {
    this.#gateway = gateway;
    this.#folder = folder;
    this.#env = env;
  }

  static async open(options: GatewayOptions): Promise<ExampleRoom> {
    const gateway = await Gateway.start(options);
    const folder = await Deno.makeTempDir({ prefix: "collider-docs-" });
    const { command, args, cwd, env } = await programCommand([]);
    const programArgs = args.map((arg) => arg.endsWith(".ts") ? join(cwd, arg) : arg);
    const binaries = join(folder, "bin");
    await Deno.mkdir(binaries);
    await writeScript(join(binaries, "collider"), [command, ...programArgs]);
    await writeScript(join(binaries, "python3"), [
      Deno.env.get("COLLIDER_PYTHON") ?? await ensurePython(),
    ]);
    // What the gateway refuses is the example's failure.
    await Deno.writeTextFile(join(folder, ".curlrc"), "silent\nshow-error\nfail-with-body\n");
    const room = new ExampleRoom(gateway, folder, {
      ...env,
      PATH: `${binaries}${delimiter}${Deno.env.get("PATH")}`,
      CURL_HOME: folder,
      XDG_CONFIG_HOME: join(folder, "config"),
      COLLIDER_PORT: new URL(gateway.url).port,
      COLLIDER_DATA_DIR: gateway.directory,
      COLLIDER_DB_PATH: gateway.databasePath,
      COLLIDER_RING_PATH: gateway.ringPath,
      NO_COLOR: "1",
    });
    await Deno.copyFile(join(ROOT, "consumer.py"), room.#consumerPath);
    await Deno.copyFile(DOCUMENT, join(folder, "invoice.png"));
    await room.#localiseConsumer();
    return room;
  }

  /** Does with an example what its role says, and asserts that it goes as the document shows. */
  async perform({ language, text, role }: Example): Promise<void> {
    switch (role.kind) {
      case "file":
        await Deno.writeTextFile(join(this.#folder, role.name), this.#localised(text));
        break;
      case "run":
      case "fails":
        await this.#run(await this.#command(language, text), role.kind === "fails");
        break;
      case "goes on":
        await this.#start(await this.#command(language, text));
        break;
      case "prints":
        assertPrinted(language, text, this.#printed);
        break;
      case "the other terminal prints":
        await this.#awaitPrinted(text);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#other?.[Symbol.asyncDispose]();
    await this.#gateway[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #run(command: readonly string[], isToFail: boolean): Promise<void> {
    await this.#settle();
    await using terminal = new Terminal(command, this.#place);
    const { code, success } = await terminal.ended(RUN_TIMEOUT_MS);
    this.#printed = this.#documented(terminal.printed);
    const said = `${this.#printed}${terminal.complaints}`;
    assert.equal(success, !isToFail, `the exit code is ${code}; it has printed:\n${said}`);
    await this.#localiseConsumer();
  }

  /** Resolves when the command listens, so that it misses nothing of what follows. */
  async #start(command: readonly string[]): Promise<void> {
    await this.#settle();
    await this.#other?.[Symbol.asyncDispose]();
    // The gateway takes a moment to see that the last one has gone.
    await eventually("silence", async () => await this.#countListeners() === 0 || undefined);
    const other = new Terminal(command, this.#place);
    this.#other = other;
    await other.until("listening", async () => await this.#countListeners() > 0);
  }

  async #awaitPrinted(shown: string): Promise<void> {
    const other = this.#other;
    assert.ok(other !== null, "no example goes on");
    const pattern = new RegExp(`^${patternOf(shown)}$`, "m");
    await other.until(`printing\n${shown}`, () => pattern.test(this.#documented(other.printed)));
  }

  /** What runs an example. */
  async #command(language: string, text: string): Promise<string[]> {
    const code = this.#localised(text);
    const script = (name: string) => join(this.#folder, "bin", name);
    switch (language) {
      case "python":
        return [script("python3"), "-c", code];
      case "sql":
        return [script("collider"), "query", code];
      case "ts": {
        const path = join(this.#folder, "example.ts");
        await Deno.writeTextFile(path, code);
        return [Deno.execPath(), "run", "--quiet", "--allow-net", path];
      }
      default:
        return ["sh", "-eu", "-c", code];
    }
  }

  /** Resolves when every event that was taken in has its frame, and that is stored. */
  async #settle(): Promise<void> {
    await eventually("the publication of all events", async () => {
      const response = await this.#gateway.fetch("/api/query", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ sql: SETTLED }),
      });
      const { rows: [{ settled }] } = await response.json();
      return settled || undefined;
    });
  }

  /** Who follows events or frames. */
  async #countListeners(): Promise<number> {
    const { subscribers, ring } = await (await this.#gateway.fetch("/metrics")).json();
    return subscribers + ring.readers.length;
  }

  get #place() {
    return { cwd: this.#folder, env: this.#env };
  }

  get #consumerPath(): string {
    return join(this.#folder, "consumer.py");
  }

  /** An example may have written it anew. */
  async #localiseConsumer(): Promise<void> {
    const text = await Deno.readTextFile(this.#consumerPath);
    await Deno.writeTextFile(this.#consumerPath, this.#localised(text));
  }

  #localised(text: string): string {
    return text.replaceAll(DOCUMENTED_ADDRESS, new URL(this.#gateway.url).host)
      .replaceAll(DOCUMENTED_RING, this.#gateway.ringPath);
  }

  #documented(text: string): string {
    return text.replaceAll(new URL(this.#gateway.url).host, "localhost:9382");
  }
}

/** A script in whose place any arguments are given to a command. */
async function writeScript(path: string, command: readonly string[]): Promise<void> {
  const words = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
}
