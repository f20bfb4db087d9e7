import assert from "node:assert/strict";
import { newEvent } from "../store/fixtures.ts";
import type { Enrichment } from "../store/rows.ts";
import { Enricher, type EnrichmentStage, type StageOutcome } from "./enricher.ts";
import { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import type { PendingEvent } from "./pending_events.ts";

const LEARNED = { intentId: 0, fillRate: 0 };

function pendingOf(count: number): PendingEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    event: newEvent({ type: i % 2 === 0 ? "Even" : "Odd", message: `no. ${i}` }),
    learned: LEARNED,
  }));
}

/** A stage that does what it is told, for events of type Even. */
function stageOf(
  run: (batch: readonly PendingEvent[], signal: AbortSignal) => Promise<StageOutcome[]>,
  msPerEvent = 10_000,
): EnrichmentStage {
  const timeoutMs = (events: number) => events * msPerEvent;
  return { name: "some", timeoutMs, applies: ({ event }) => event.type === "Even", run };
}

function enricherOf(stages: EnrichmentStage[], events: PendingEvent[]) {
  const rows: Enrichment[] = [];
  const enricher = new Enricher({
    pending: { take: (max) => Promise.resolve(events.splice(0, max)) },
    stages,
    metrics: new Metrics(),
    log: new Log({ level: "error" }),
    record: (more) => rows.push(...more),
  });
  return { enricher, rows };
}

Deno.test("Enricher records what a stage learned, and hands on what it changed", async () => {
  const stage = stageOf((batch) =>
    Promise.resolve(batch.map((pending) => ({
      result: { said: pending.event.message },
      pending: { ...pending, text: "more" },
    })))
  );
  const given = pendingOf(3);
  const ids = given.map(({ event }) => event.id);
  const { enricher, rows } = enricherOf([stage], [...given]);
  const taken = await enricher.take(10);
  assert.deepEqual(taken.map(({ event }) => event.id), ids);
  assert.deepEqual(taken.map(({ text }) => text), ["more", undefined, "more"]);
  assert.deepEqual(
    rows.map(({ eventIds, stage, result, error }) => [eventIds, stage, result, error]),
    [
      [[ids[0]], "some", '{"said":"no. 0"}', null],
      [[ids[2]], "some", '{"said":"no. 2"}', null],
    ],
  );
});

Deno.test("Enricher lets events go on without a stage that fails, and says why", async () => {
  const stage = stageOf(() => Promise.reject(new Error("no model today")));
  const { enricher, rows } = enricherOf([stage], pendingOf(1));
  assert.equal((await enricher.take(1)).length, 1);
  assert.deepEqual(rows.map(({ result, error }) => [result, error]), [[null, "no model today"]]);
});

Deno.test("Enricher gives a stage up that takes too long", async () => {
  let wasAborted = false;
  const stage = stageOf((_batch, signal) => {
    signal.addEventListener("abort", () => wasAborted = true);
    return new Promise(() => {});
  }, 5);
  const { enricher, rows } = enricherOf([stage], pendingOf(4));
  await enricher.take(4);
  assert.match(rows[0]!.error!, /longer than 10 ms/, "two of the four are of its type");
  assert.ok(wasAborted);
});

Deno.test("Enricher leaves a stage out that fails again and again", async () => {
  let attempts = 0;
  const stage = stageOf(() => Promise.reject(new Error(`attempt ${++attempts}`)));
  const { enricher, rows } = enricherOf([stage], pendingOf(20).filter(isEven));
  for (let i = 0; i < 8; i++) await enricher.take(1);
  assert.equal(attempts, 5);
  assert.match(rows.at(-1)!.error!, /left out for a while/);
});

function isEven({ event }: PendingEvent): boolean {
  return event.type === "Even";
}

Deno.test("Enricher runs stages in their order, each on what the one before has changed", async () => {
  const first = stageOf((batch) =>
    Promise.resolve(batch.map((pending) => ({ result: 1, pending: { ...pending, text: "seen" } })))
  );
  const second = stageOf((batch) =>
    Promise.resolve(batch.map(({ text }) => ({ result: text ?? "not seen" })))
  );
  const { enricher, rows } = enricherOf([first, second], pendingOf(1));
  await enricher.take(1);
  assert.deepEqual(rows.map(({ result }) => result), ["1", '"seen"']);
});

Deno.test("Enricher.drop lets go of events that are still under way", async () => {
  const stage = stageOf(() => new Promise(() => {}));
  const { enricher, rows } = enricherOf([stage], pendingOf(1));
  const taken = enricher.take(1);
  enricher.drop();
  assert.deepEqual(await taken, []);
  assert.deepEqual(rows, []);
});

Deno.test("Enricher lets events pass that no stage applies to, and works on few at a time", async () => {
  const sizes: number[] = [];
  const stage = stageOf((batch) => {
    sizes.push(batch.length);
    return Promise.resolve(batch.map(() => ({ result: 1 })));
  });
  const [odd, all] = [pendingOf(200).filter((pending) => !isEven(pending)), pendingOf(100)];
  const passing = enricherOf([stage], odd);
  assert.equal((await passing.enricher.take(100)).length, 100);
  assert.deepEqual(sizes, []);
  const ids = all.map(({ event }) => event.id);
  const { enricher } = enricherOf([stage], all);
  const taken = [];
  while (taken.length < 100) taken.push(...await enricher.take(100));
  assert.deepEqual(taken.map(({ event }) => event.id), ids);
  assert.ok(sizes.length > 1 && Math.max(...sizes) <= 32, sizes.join());
});
