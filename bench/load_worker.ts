/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** The load generator in a thread of the process that it measures. */
import { assertReceived, type LoadOptions, type LoadResult, requestsTo, resultOf } from "./load.ts";
import { type LinesOptions, sendLines } from "./ndjson_load.ts";

/** What a worker is asked to send. */
export type LoadRequest =
  | { readonly kind: "single"; readonly options: LoadOptions }
  | { readonly kind: "lines"; readonly options: LinesOptions };

/** Every so many answers one is read, not only counted. */
const SAMPLE_INTERVAL = 1_000;
const MAX_ANSWER_BYTES = 8_192;

self.onmessage = async ({ data }: MessageEvent<LoadRequest>) => {
  const answer = data.kind === "single"
    ? await new LoadGenerator(data.options).run(data.options.connections)
    : await sendLines(data.options);
  self.postMessage(answer);
};

/** Sends the load where there is no compiler, for more of the processor than the one in C. */
class LoadGenerator {
  readonly #host: string;
  readonly #port: number;
  readonly #requests: readonly Uint8Array[];
  readonly #measureFromMs: number;
  readonly #untilMs: number;
  readonly #latenciesMs: number[] = [];
  #sent = 0;

  constructor({ url, warmupMs, durationMs }: LoadOptions) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#requests = requestsTo(url);
    this.#measureFromMs = performance.now() + warmupMs;
    this.#untilMs = this.#measureFromMs + durationMs;
  }

  async run(connections: number): Promise<LoadResult> {
    await Promise.all(Array.from({ length: connections }, () => this.#connection()));
    const durationMs = performance.now() - this.#measureFromMs;
    return resultOf(Float64Array.from(this.#latenciesMs), durationMs);
  }

  async #connection(): Promise<void> {
    using connection = await Deno.connect({ hostname: this.#host, port: this.#port });
    connection.setNoDelay();
    const answer = new Uint8Array(MAX_ANSWER_BYTES);
    let startedMs;
    while ((startedMs = performance.now()) < this.#untilMs) {
      await writeAll(connection, this.#requests[this.#sent++ % this.#requests.length]!);
      const body = await readAnswer(connection, answer);
      if (this.#sent % SAMPLE_INTERVAL === 0) assertReceived(body);
      if (startedMs >= this.#measureFromMs) this.#latenciesMs.push(performance.now() - startedMs);
    }
  }
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
