/** Events at a steady rate, as batches of NDJSON, from a process of its own. */
import { setTimeout as delay } from "node:timers/promises";
import { eventJson } from "./events.ts";

/** What is sent. */
export interface SteadyLoadOptions {
  readonly url: URL;
  readonly eventsPerS: number;
  readonly durationMs: number;
}

const BATCH_INTERVAL_MS = 50;
const DISTINCT_BATCHES = 50;

/** Sends events until the time is over; resolves with the rate at which they were taken in. */
export async function runSteadyLoad(options: SteadyLoadOptions): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", import.meta.filename!, JSON.stringify(options)],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`the load generator failed: ${decoder.decode(stderr)}`);
  return Number(decoder.decode(stdout));
}

async function send({ url, eventsPerS, durationMs }: SteadyLoadOptions): Promise<number> {
  const batchEvents = Math.round(eventsPerS * BATCH_INTERVAL_MS / 1000);
  const bodies = Array.from(
    { length: DISTINCT_BATCHES },
    (_, batch) =>
      Array.from({ length: batchEvents }, (_, i) => eventJson(batch * batchEvents + i)).join("\n"),
  );
  const startedMs = performance.now();
  const answers: Promise<number>[] = [];
  for (let batch = 0; batch * BATCH_INTERVAL_MS < durationMs; batch++) {
    await delay(Math.max(0, startedMs + batch * BATCH_INTERVAL_MS - performance.now()));
    answers.push(post(url, bodies[batch % DISTINCT_BATCHES]!));
  }
  const accepted = (await Promise.all(answers)).reduce((sum, count) => sum + count, 0);
  return accepted / (performance.now() - startedMs) * 1000;
}

async function post(url: URL, body: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body,
  });
  const { accepted } = await response.json();
  return accepted;
}

if (import.meta.main) {
  const rate = await send(JSON.parse(Deno.args[0]!));
  Deno.stdout.writeSync(new TextEncoder().encode(String(rate)));
  Deno.exit(0);
}
