import { ensureLibrary } from "../ffi/build.ts";
import { concatenate } from "../gateway/api/concatenate.ts";
import { assertReceived, type LoadOptions, type LoadResult, requestsTo, resultOf } from "./load.ts";

/** What came back while it was measured, and what that cost. */
export interface NativeLoadResult extends LoadResult {
  /** Share of the time that the generator itself computed: near 1, the server was not the limit. */
  readonly clientCpu: number;
}

/** So many requests are measured at most. */
const MAX_REQUESTS_PER_MS = 200;
/** As in the library. */
const ANSWER_BYTES = 8_192;

const SYMBOLS = {
  cs_bench_load: {
    // deno-fmt-ignore: in the groups of the declaration
    parameters: [
      "u16", "u32", "f64", "f64",
      "buffer", "buffer", "u32",
      "buffer", "u32", "buffer", "buffer",
    ],
    result: "i64",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * Sends the load from a thread of this process, in C: it takes little from the server that it measures.
 * Not on Windows.
 *
 * @throws {Error} if an answer is no 200, or the server can't be reached
 */
export async function runLoad(options: LoadOptions): Promise<NativeLoadResult> {
  const { connections, warmupMs, durationMs } = options;
  const port = Number(new URL(options.url).port);
  const requests = requestsTo(options.url);
  const starts = new Uint32Array(requests.length + 1);
  for (const [i, { length }] of requests.entries()) starts[i + 1] = starts[i]! + length;
  const bytes = concatenate(requests, starts.at(-1)!);
  const latenciesMs = new Float64Array(MAX_REQUESTS_PER_MS * durationMs);
  const measuredMs = new Float64Array(2);
  const answer = new Uint8Array(ANSWER_BYTES);

  const library = Deno.dlopen(await ensureLibrary("bench_load"), SYMBOLS);
  // deno-fmt-ignore: in the groups of the declaration
  const count = Number(await library.symbols.cs_bench_load(
    port, connections, warmupMs, durationMs,
    bytes, starts, requests.length,
    latenciesMs, latenciesMs.length, measuredMs, answer,
  ));
  library.close();

  const text = new TextDecoder().decode(answer.subarray(0, answer.indexOf(0)));
  if (count < 0) throw new Error(`the load generator failed: ${text}`);
  assertReceived(text.slice(text.indexOf("\r\n\r\n") + 4));
  const [lastedMs = NaN, cpuMs = NaN] = measuredMs;
  return { ...resultOf(latenciesMs.subarray(0, count), lastedMs), clientCpu: cpuMs / lastedMs };
}
