import assert from "node:assert/strict";
import { LlmBusyError, LlmRefusedError, LlmUnavailableError } from "../../llm/errors.ts";
import type { InferredType } from "../../llm/type_inference.ts";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import { newEvent, published } from "../store/fixtures.ts";
import { type Enrichment, TYPE_STAGE } from "../store/rows.ts";
import { Store } from "../store/store.ts";
import { LateNaming, type LateNamingParts } from "./late_naming.ts";
import { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { TypeNamer } from "./type_namer.ts";

const NAMED: InferredType = {
  type: "OrderPlaced",
  confidence: 0.9,
  source: "model",
  message: null,
  reasoning: "",
};
const HINT = { hint: "try again" };
const EIGHT_DAYS_US = 8 * 24 * 3_600_000_000;
/** Made first, because ids only ever grow. */
const OLD_EVENT = newEvent({ old: 1 }, Date.now() * 1000 - EIGHT_DAYS_US);

type Infer = (payload: Readonly<Record<string, unknown>>) => InferredType | Promise<InferredType>;

function eventOf(payload: Readonly<Record<string, unknown>>): GatewayEvent {
  return newEvent(payload, Date.now() * 1000);
}

function unnamed(event: GatewayEvent): Enrichment {
  const error = "the language model is away";
  return { ...published(event, 0), stage: TYPE_STAGE, frameId: null, error };
}

/** A store with events that were published without a name. */
async function storeWith(...events: GatewayEvent[]) {
  const store = await Store.open({ path: ":memory:" });
  await store.append(events);
  store.appendEnrichments(events.flatMap((event, i) => [unnamed(event), published(event, i)]));
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

function start(
  store: Store,
  infer: Infer,
  parts: Partial<LateNamingParts> = {},
  learn: (event: GatewayEvent) => void = () => {},
) {
  const metrics = new Metrics();
  const namer = new TypeNamer({
    infer: (payload, options) => {
      assert.ok(options?.inBackground);
      return Promise.try(infer, payload);
    },
  });
  const late = new LateNaming({
    store,
    naming: {
      namer,
      learn: (event) => {
        learn(event);
        return { intentId: 0, fillRate: 1 };
      },
      keepsReasoning: false,
    },
    isModelLeftOut: () => false,
    metrics,
    log: new Log({ level: "silent" }),
    pauseMs: 1,
    ...parts,
  });
  return { late, metrics };
}

/** Names events late until so many are named; says what was asked for, by the first member. */
async function nameLate(
  store: Store,
  count: number,
  infer: Infer = () => NAMED,
  parts: Partial<LateNamingParts> = {},
) {
  const asked: string[] = [];
  const learned: GatewayEvent[] = [];
  const done = Promise.withResolvers<void>();
  const { late, metrics } = start(
    store,
    (payload) => {
      asked.push(Object.keys(payload)[0]!);
      return infer(payload);
    },
    parts,
    (event) => {
      if (learned.push(event) === count) done.resolve();
    },
  );
  await done.promise;
  await late.stop();
  return { asked, learned, metrics: await metrics.registry.metrics() };
}

async function typesOf(store: Store, events: readonly GatewayEvent[]) {
  const found = await store.eventsByIds(events.map(({ id }) => formatUuid(id)));
  return found.reverse().map(({ type }) => type);
}

Deno.test("LateNaming names what could not be named, the oldest first, and learns it", async () => {
  const events = [eventOf({ a: 1 }), eventOf({ b: 1 })];
  await using opened = await storeWith(...events);
  const { asked, learned, metrics } = await nameLate(opened.store, 2);
  assert.deepEqual(asked, ["a", "b"]);
  assert.deepEqual(learned.map(({ id, type }) => [id, type]), [
    [events[0]!.id, "OrderPlaced"],
    [events[1]!.id, "OrderPlaced"],
  ]);
  assert.deepEqual(await typesOf(opened.store, events), ["OrderPlaced", "OrderPlaced"]);
  assert.match(metrics, /collider_late_names_total\{outcome="named"\} 2/);
});

Deno.test("LateNaming goes on after a restart, and names nothing twice", async () => {
  const first = eventOf({ a: 1 });
  await using opened = await storeWith(first);
  const { store } = opened;
  await nameLate(store, 1);
  for (const forgets of [false, true]) {
    const next = eventOf({ [`forgets${forgets}`]: 1 });
    await store.append([next]);
    store.appendEnrichments([unnamed(next), published(next, 1)]);
    // As if it had crashed before it could keep how far it has come.
    if (forgets) await store.saveConfig(new Map([["late_naming_through_row", "0"]]));
    assert.deepEqual((await nameLate(store, 1)).asked, [`forgets${forgets}`]);
  }
  const types = (await store.listStages(formatUuid(first.id))).map(({ stage }) => stage);
  assert.equal(types.filter((stage) => stage === TYPE_STAGE).length, 2);
});

Deno.test("LateNaming leaves an event alone whose stages are not done", async () => {
  const [unpublished, other] = [eventOf({ a: 1 }), eventOf({ b: 1 })];
  await using opened = await storeWith();
  const { store } = opened;
  await store.append([unpublished, other]);
  store.appendEnrichments([unnamed(unpublished), unnamed(other), published(other, 1)]);
  const { asked } = await nameLate(store, 2, ({ b }) => {
    if (b !== undefined) store.appendEnrichments([published(unpublished, 2)]);
    return NAMED;
  });
  assert.deepEqual(asked, ["b", "a"]);
});

Deno.test("LateNaming waits while the model is left out, is away or is asked too often", async () => {
  const event = eventOf({ a: 1 });
  await using opened = await storeWith(event);
  let looks = 0;
  let calls = 0;
  const infer = () => {
    assert.ok(looks > 3, "it was left out");
    switch (++calls) {
      case 1:
        throw new LlmUnavailableError("away", HINT);
      case 2:
        throw new LlmBusyError("busy", HINT);
      default:
        return NAMED;
    }
  };
  const { metrics } = await nameLate(opened.store, 1, infer, {
    isModelLeftOut: () => ++looks <= 3,
  });
  const stages = await opened.store.listStages(formatUuid(event.id));
  const tries = stages.filter(({ stage }) => stage === TYPE_STAGE);
  assert.deepEqual(tries.map(({ error }) => error), ["the language model is away", null]);
  assert.match(metrics, /collider_late_names_total\{outcome="failed"\} 1/);
});

Deno.test("LateNaming goes on with others after an event that the model refuses", async () => {
  await using opened = await storeWith(eventOf({ a: 1 }), eventOf({ b: 1 }));
  let refused = false;
  const { asked } = await nameLate(opened.store, 2, ({ a }) => {
    if (a === undefined || refused) return NAMED;
    refused = true;
    throw new LlmRefusedError("too long", HINT);
  });
  assert.deepEqual(asked, ["a", "b", "a"]);
});

Deno.test("LateNaming gives an event up after seven days", async () => {
  await using opened = await storeWith(OLD_EVENT, eventOf({ a: 1 }));
  assert.deepEqual((await nameLate(opened.store, 1)).asked, ["a"]);
  assert.deepEqual(await typesOf(opened.store, [OLD_EVENT]), ["UnknownEvent"]);
});

Deno.test("LateNaming looks again when it is told of a failure, and only then", async () => {
  await using opened = await storeWith();
  const { store } = opened;
  const event = eventOf({ a: 1 });
  let looks = 0;
  const looked = Promise.withResolvers<void>();
  const listUnnamed = store.listUnnamed.bind(store);
  store.listUnnamed = async (search) => {
    const page = await listUnnamed(search);
    looks++;
    looked.resolve();
    return page;
  };
  const named = Promise.withResolvers<void>();
  const { late } = start(store, () => NAMED, {}, () => named.resolve());
  await looked.promise;
  await store.append([event]);
  const rows = [unnamed(event), published(event, 1)];
  store.appendEnrichments(rows);
  late.notice(rows.slice(1));
  assert.equal(looks, 1);
  late.notice(rows);
  await named.promise;
  await late.stop();
  assert.deepEqual(await typesOf(store, [event]), ["OrderPlaced"]);
});

Deno.test("LateNaming stops though the model does not answer", async () => {
  const event = eventOf({ a: 1 });
  await using opened = await storeWith(event);
  const asked = Promise.withResolvers<void>();
  const { late } = start(opened.store, () => {
    asked.resolve();
    return new Promise(() => {});
  });
  await asked.promise;
  await late.stop();
  assert.deepEqual((await nameLate(opened.store, 1)).asked, ["a"]);
});
