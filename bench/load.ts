/**
 * The load generator: single events over keep-alive connections, one request under way on each, as
 * fast as they are answered. A process of its own, with the requests made beforehand and answers
 * barely looked at, so that it takes little from the server that it measures.
 */
import { cpuUsage } from "node:process";
import { eventJson } from "./events.ts";

/** What is sent. */
export interface LoadOptions {
  /** Where it is sent. */
  readonly url: URL | string;
  readonly connections: number;
  /** Not measured: V8 compiles what runs often. */
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** What came back while it was measured. */
export interface LoadResult {
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the time that the generator itself computed: near 1, the server was not the limit. */
  readonly clientCpu: number;
}

const DISTINCT_EVENTS = 20_000;
/** Every so many answers one is read, not only counted. */
const SAMPLE_INTERVAL = 1_000;
const MAX_ANSWER_BYTES = 8_192;

/** Runs the load generator in its own process. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", import.meta.filename!, JSON.stringify(options)],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`the load generator failed: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

/** Sends the load; see {@linkcode runLoad} for one in its own process. */
export class LoadGenerator {
  readonly #host: string;
  readonly #port: number;
  readonly #requests: readonly Uint8Array[];
  readonly #measureFromMs: number;
  readonly #untilMs: number;
  readonly #latenciesMs: number[] = [];
  #sent = 0;

  constructor({ url, warmupMs, durationMs }: LoadOptions) {
    const { host, hostname, port, pathname } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#requests = Array.from(
      { length: DISTINCT_EVENTS },
      (_, i) => requestOf(host, pathname, i),
    );
    this.#measureFromMs = performance.now() + warmupMs;
    this.#untilMs = this.#measureFromMs + durationMs;
  }

  async run(connections: number): Promise<LoadResult> {
    const cpuMs = new Promise<number>((resolve) =>
      setTimeout(() => resolve(cpuTimeMs()), this.#measureFromMs - performance.now())
    );
    await Promise.all(Array.from({ length: connections }, () => this.#connection()));
    const durationMs = performance.now() - this.#measureFromMs;
    const latenciesMs = Float64Array.from(this.#latenciesMs).sort();
    const percentile = (share: number) =>
      latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN;
    return {
      requestsPerS: latenciesMs.length / durationMs * 1000,
      p50Ms: percentile(0.5),
      p99Ms: percentile(0.99),
      clientCpu: (cpuTimeMs() - await cpuMs) / durationMs,
    };
  }

  async #connection(): Promise<void> {
    using connection = await Deno.connect({ hostname: this.#host, port: this.#port });
    connection.setNoDelay();
    const answer = new Uint8Array(MAX_ANSWER_BYTES);
    let startedMs;
    while ((startedMs = performance.now()) < this.#untilMs) {
      await writeAll(connection, this.#requests[this.#sent++ % DISTINCT_EVENTS]!);
      const body = await readAnswer(connection, answer);
      if (this.#sent % SAMPLE_INTERVAL === 0) assertReceived(body);
      if (startedMs >= this.#measureFromMs) this.#latenciesMs.push(performance.now() - startedMs);
    }
  }
}

function requestOf(host: string, path: string, index: number): Uint8Array {
  const encoder = new TextEncoder();
  const body = eventJson(index);
  return encoder.encode(
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${encoder.encode(body).length}\r\n\r\n${body}`,
  );
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  let written = await connection.write(bytes);
  while (written < bytes.length) written += await connection.write(bytes.subarray(written));
}

const latin1 = new TextDecoder("latin1");

/** @returns the body of an answer, which must be a 200 */
async function readAnswer(connection: Deno.Conn, buffer: Uint8Array): Promise<string> {
  let length = 0;
  while (true) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) throw new Error("the server closed the connection");
    length += read;
    const text = latin1.decode(buffer.subarray(0, length));
    const bodyAt = text.indexOf("\r\n\r\n") + 4;
    if (bodyAt < 4) continue;
    const [, contentLength] = /\r\ncontent-length: (\d+)\r\n/i.exec(text) ?? [];
    if (!text.startsWith("HTTP/1.1 200 ") || contentLength === undefined) throw new Error(text);
    if (length >= bodyAt + Number(contentLength)) return text.slice(bodyAt);
  }
}

function assertReceived(body: string): void {
  const { status, event_type, id } = JSON.parse(body);
  if (status !== "received" || typeof event_type !== "string" || id.length !== 36) {
    throw new Error(`unexpected answer ${body}`);
  }
}

function cpuTimeMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

if (import.meta.main) {
  const options: LoadOptions = JSON.parse(Deno.args[0]!);
  const result = await new LoadGenerator(options).run(options.connections);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result)));
  Deno.exit(0);
}
