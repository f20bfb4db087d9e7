import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { InferredType } from "../../llm/type_inference.ts";
import type { GatewayEvent } from "../event/event.ts";
import { newEvent } from "../store/fixtures.ts";
import { nowUs } from "./clock.ts";
import { TypeNamer } from "./type_namer.ts";
import { TypeStage } from "./type_stage.ts";

const LEARNED = { intentId: 0, fillRate: 0 };
const NAMED: InferredType = {
  type: "OrderPlaced",
  confidence: 0.9,
  source: "model",
  message: { intent: "Buy", sentiment: 0.5 },
  reasoning: "it has an order",
};

function stageOf(
  infer: (payload: unknown) => Promise<InferredType>,
  { keepsReasoning = false, ...options }: {
    keepsReasoning?: boolean;
    waitMs?: number;
    startedUs?: number;
  } = {},
) {
  const learned: GatewayEvent[] = [];
  const naming = {
    namer: new TypeNamer({ infer }),
    keepsReasoning,
    learn: (event: GatewayEvent) => {
      learned.push(event);
      return { intentId: 7, fillRate: 1 };
    },
  };
  return { stage: new TypeStage(naming, options), learned };
}

Deno.test("TypeStage names an event, learns it and takes over what its message means", async () => {
  const { stage, learned } = stageOf(() => Promise.resolve(NAMED));
  const pending = { event: newEvent({ order: 1, message: "one more" }), learned: LEARNED };
  assert.ok(stage.applies(pending));
  assert.ok(!stage.applies({ event: newEvent({ type: "Known" }), learned: LEARNED }));
  const [outcome] = await stage.run([pending]);
  const { reasoning: _reasoning, message, ...rest } = NAMED;
  assert.deepEqual(outcome!.result, { ...rest, ...message });
  const { event, learned: measured } = outcome!.pending!;
  assert.deepEqual([event.type, event.sentiment, event.confidence], ["OrderPlaced", 0.5, 0.9]);
  assert.deepEqual(measured, { intentId: 7, fillRate: 1 });
  assert.deepEqual(learned.map(({ type }) => type), ["OrderPlaced"]);
});

Deno.test("TypeStage leaves what the sender has said of sentiment and confidence", async () => {
  const { stage } = stageOf(() => Promise.resolve(NAMED));
  const event = newEvent({ message: "x", sentiment: -1, confidence: 0.1 });
  const [outcome] = await stage.run([{ event, learned: LEARNED }]);
  const { sentiment, confidence } = outcome!.pending!.event;
  assert.deepEqual([sentiment, confidence], [-1, 0.1]);
});

Deno.test("TypeStage keeps the reasoning only if it is told to", async () => {
  const { stage } = stageOf(() => Promise.resolve(NAMED), { keepsReasoning: true });
  const [outcome] = await stage.run([{ event: newEvent({ a: 1 }), learned: LEARNED }]);
  assert.equal((outcome!.result as { reasoning: string }).reasoning, "it has an order");
});

Deno.test("TypeStage says why an event has no name, and lets the others have theirs", async () => {
  let calls = 0;
  const { stage } = stageOf(() =>
    ++calls === 1 ? Promise.reject(new Error("no model")) : Promise.resolve(NAMED)
  );
  const batch = [{ a: 1 }, { b: 1 }].map((payload) => ({
    event: newEvent(payload),
    learned: LEARNED,
  }));
  const [first, second] = await stage.run(batch);
  assert.deepEqual([first!.result, first!.error], [null, "no model"]);
  assert.equal(second!.pending!.event.type, "OrderPlaced");
});

Deno.test("TypeStage lets events go on without a name that does not come in time, and learns none", async () => {
  const late = Promise.withResolvers<InferredType>();
  const slow = newEvent({ a: 1 });
  const infer = (payload: unknown) =>
    payload === slow.payload ? late.promise : Promise.resolve(NAMED);
  const { stage, learned } = stageOf(infer, { waitMs: 1 });
  const batch = [slow, newEvent({ b: 1 })].map((event) => ({ event, learned: LEARNED }));
  const [first, second] = await stage.run(batch);
  assert.deepEqual([first!.result, first!.error], [null, "no name came in time"]);
  assert.equal(second!.pending!.event.type, "OrderPlaced");
  late.resolve(NAMED);
  await late.promise;
  assert.equal(learned.length, 1);
});

Deno.test("TypeStage lets frames wait from the arrival of their events on", async () => {
  const event = newEvent({ a: 1 }); // has waited for years
  const { stage } = stageOf(() => new Promise(() => {}), { startedUs: event.receivedUs });
  const [outcome] = await stage.run([{ event, learned: LEARNED }]);
  assert.equal(outcome!.error, "no name came in time");
});

/** An inference whose names come when they are told to. */
function toldInference() {
  const asked: PromiseWithResolvers<InferredType>[] = [];
  const infer = () => {
    asked.push(Promise.withResolvers());
    return asked.at(-1)!.promise;
  };
  return { asked, infer };
}

/** A stage with such an inference, and runs of it for single events. */
function askedStage(options: { waitMs?: number; startedUs?: number }) {
  const { asked, infer } = toldInference();
  const { stage } = stageOf(infer, options);
  const run = async (receivedUs: number) => {
    const event = newEvent({ a: 1 }, receivedUs);
    const [outcome] = await stage.run([{ event, learned: LEARNED }]);
    return outcome!.pending?.event.type ?? outcome!.error;
  };
  return { asked, run };
}

Deno.test("TypeStage waits for no name after a late one, until one has come in time", async () => {
  const { asked, run } = askedStage({ startedUs: 0 });
  assert.equal(await run(0), "no name came in time");
  assert.equal(await run(nowUs()), "no name came in time");
  asked[1]!.resolve(NAMED); // in time, though nobody waits for it
  await delay(0);
  const waiting = run(nowUs());
  await delay(20);
  asked[2]!.resolve(NAMED);
  assert.equal(await waiting, "OrderPlaced");
});

Deno.test("TypeStage waits for no name after one that came too late", async () => {
  const { asked, run } = askedStage({ waitMs: 20 });
  assert.equal(await run(nowUs()), "no name came in time");
  await delay(10);
  asked[0]!.resolve(NAMED);
  await delay(0);
  const unwaiting = run(nowUs());
  await delay(5);
  asked[1]!.resolve(NAMED);
  assert.equal(await unwaiting, "no name came in time");
});

Deno.test("TypeNamer lets one caller leave, and keeps the answer for the others", async () => {
  let calls = 0;
  const answer = Promise.withResolvers<InferredType>();
  const namer = new TypeNamer({
    infer: () => {
      calls++;
      return answer.promise;
    },
  });
  const event = newEvent({ a: 1 });
  const caller = new AbortController();
  const leaving = namer.name(event, { signal: caller.signal });
  caller.abort(new Error("enough"));
  await assert.rejects(leaving, /enough/);
  await assert.rejects(namer.name(event, { signal: caller.signal }), /enough/);
  const staying = namer.name(event, { signal: new AbortController().signal });
  answer.resolve(NAMED);
  assert.equal((await staying).type, "OrderPlaced");
  assert.equal(calls, 1);
});

Deno.test("TypeNamer asks once for an event, and again only if nobody could name it", async () => {
  let calls = 0;
  const namer = new TypeNamer({
    infer: () => ++calls === 1 ? Promise.reject(new Error("no model")) : Promise.resolve(NAMED),
  });
  const event = newEvent({ a: 1 });
  assert.equal(await namer.nameWithin(event, 10_000), null);
  assert.equal(await namer.nameWithin(event, 10_000), "OrderPlaced");
  assert.equal((await namer.name(event)).type, "OrderPlaced");
  assert.equal(calls, 2);
});

Deno.test("TypeNamer waits for no name that takes longer than the last one may have", async () => {
  const { asked, infer } = toldInference();
  const known = newEvent({ known: true });
  const namer = new TypeNamer({
    infer: (payload) =>
      payload === known.payload ? Promise.resolve({ ...NAMED, source: "schema" }) : infer(),
  });
  assert.equal(await namer.nameWithin(newEvent({ a: 1 }), 1), null);
  assert.equal(await namer.nameWithin(newEvent({ a: 2 }), 1), null);
  assert.equal(await namer.nameWithin(known, 1), "OrderPlaced");
  assert.equal(namer.isQuickerThan(1), false);
  namer.wasSlowerThan(60_000);
  assert.equal(await namer.nameWithin(newEvent({ a: 3 }), 60_000), null);
  asked[2]!.resolve(NAMED); // nobody waits for it
  await asked[2]!.promise;
  const waiting = namer.nameWithin(newEvent({ a: 4 }), 60_000);
  await delay(20);
  asked[3]!.resolve(NAMED);
  assert.equal(await waiting, "OrderPlaced");
});
