import assert from "node:assert/strict";
import type { Metrics } from "./client/answers.ts";
import { GatewayLostError, RefusedError } from "./client/errors.ts";
import { Watch } from "./watch.ts";

const METRICS = { events_stored: 1 } as Metrics;

/** Runs a watch over answers, one after the other, and returns what it told. */
async function watch(answers: readonly (Metrics | Error)[]): Promise<string[]> {
  const told: string[] = [];
  const rest = [...answers];
  const watching: Watch = new Watch({
    read: () => {
      const answer = rest.shift()!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    onReading: () => {
      told.push("reading");
      return Promise.resolve();
    },
    onConnection: ({ kind }) => {
      told.push(kind);
      // What follows is wanted at once.
      if (rest.length > 0) watching.now();
      else watching.stop();
    },
    intervalMs: 60_000,
  });
  await watching.run();
  return told;
}

Deno.test("Watch tells when the gateway goes, and goes on when it is back", async () => {
  assert.deepEqual(
    await watch([METRICS, new GatewayLostError(), new RefusedError(401, "no"), METRICS]),
    ["reading", "connected", "lost", "refused", "reading", "connected"],
  );
});

Deno.test("Watch does not hide mistakes of ours", async () => {
  await assert.rejects(watch([new TypeError("a mistake")]), TypeError);
});
