/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** The load generator in a thread of the process that it measures. */
import { LoadGenerator, type LoadOptions } from "./load.ts";
import { type LinesOptions, sendLines } from "./ndjson_load.ts";

/** What a worker is asked to send. */
export type LoadRequest =
  | { readonly kind: "single"; readonly options: LoadOptions }
  | { readonly kind: "lines"; readonly options: LinesOptions };

self.onmessage = async ({ data }: MessageEvent<LoadRequest>) => {
  const answer = data.kind === "single"
    ? await new LoadGenerator(data.options).run(data.options.connections)
    : await sendLines(data.options);
  self.postMessage(answer);
};
