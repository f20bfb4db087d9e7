import assert from "node:assert/strict";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Kinetics } from "../../collider/kinetics.ts";
import { EMBEDDER, FRAME, FRAME_BYTES, FRAMES_OFFSET } from "../../collider/layout.ts";
import { Ring } from "../../collider/ring.ts";
import { SlotWriter } from "../../collider/slot_writer.ts";
import { ensureLibrary } from "../../ffi/build.ts";
import { EmbedClient } from "../../models/embed_client.ts";
import type { EmbedResult } from "../../models/embed_messages.ts";
import { ModelFailedError, ModelStuckError } from "../../models/errors.ts";
import type { GatewayEvent } from "../event/event.ts";
import { newEvent } from "../store/fixtures.ts";
import type { Enrichment } from "../store/rows.ts";
import type { Store } from "../store/store.ts";
import { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { PendingEvents } from "./pending_events.ts";
import { type BatchEmbedder, Publisher, type PublisherParts } from "./publisher.ts";

/** Small enough that each batch is one event, and three of them are under way. */
const CAPACITY_FRAMES = 8;
const MAX_IN_FLIGHT = 3;

await ensureLibrary();

/** A publisher on a ring of its own, with the events that it is to publish. */
async function publisherOf(
  embed: BatchEmbedder["embed"],
  events: readonly GatewayEvent[],
  classifier: ReturnType<PublisherParts["classifier"]> = null,
  capacity = CAPACITY_FRAMES,
) {
  const directory = await Deno.makeTempDir({ prefix: "collider-publisher-" });
  const ring = await Ring.open({ path: join(directory, "ring"), capacity });
  const pending = new PendingEvents({
    store: { listUnpublished: () => Promise.resolve([]) } as unknown as Store,
    through: new Uint8Array(16),
    measure: () => assert.fail(),
    onUnreadable: () => assert.fail(),
    onReadFailure: (cause) => assert.fail(cause as Error),
  });
  const metrics = new Metrics();
  const recorded: Enrichment[] = [];
  const announced: [firstFrameId: number, events: number][] = [];
  const logged: string[] = [];
  const publisher = new Publisher({
    pending,
    ring,
    kinetics: new Kinetics(),
    classifier: () => classifier,
    embedder: { embed },
    metrics,
    log: new Log({ level: "info", write: (line) => logged.push(line) }),
    announce: (events, firstFrameId) => announced.push([firstFrameId, events.length]),
    record: (rows) => recorded.push(...rows),
  });
  const running = publisher.run();
  // Only then has it found out that nothing waits in the store.
  while (pending.isBehind) await setImmediate();
  for (const event of events) pending.offer({ event, learned: { intentId: 4, fillRate: 0.5 } });
  return {
    ring,
    publisher,
    metrics,
    recorded,
    announced,
    logged,
    /** Resolves when every event is published, or can't be. */
    finish: async () => {
      pending.close();
      await running;
    },
    [Symbol.asyncDispose]: async () => {
      pending.close();
      await running;
      ring.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function newEvents(count: number): GatewayEvent[] {
  return Array.from(
    { length: count },
    (_, i) => newEvent({ type: "Message", message: `no. ${i}` }),
  );
}

function resultOf(boosts: readonly number[]): EmbedResult {
  return {
    codes: new Uint8Array(boosts.length).fill(EMBEDDER.hashing),
    boosts: Float32Array.from(boosts),
    zeroCopyVectors: 0,
    durationMs: 1,
  };
}

/** The slot of a frame. */
function slotOf(ring: Ring, frameId: number): DataView {
  const at = FRAMES_OFFSET + (frameId % CAPACITY_FRAMES) * FRAME_BYTES;
  return new DataView(ring.mapping.buffer, at, FRAME_BYTES);
}

/** The events in the ring, with their frames, as hexadecimal ids. */
function framesOf(events: readonly GatewayEvent[]): [string, number][] {
  return events.map(({ id }, frameId) => [id.toHex(), frameId]);
}

Deno.test("Publisher writes what is known of an event into its frame", async () => {
  const event = newEvent({ conversation_id: "c1", actor: "agent", sentiment: -0.5, message: "Hi" });
  const texts: string[] = [];
  await using run = await publisherOf((_frameId, batch) => {
    texts.push(...batch);
    return Promise.resolve(resultOf([2.5]));
  }, [event]);
  await run.finish();

  assert.equal(texts.length, 1);
  assert.match(texts[0]!, /Hi/);
  const slot = slotOf(run.ring, 0);
  assert.deepEqual(run.ring.recentEvents(8), new Map(framesOf([event])));
  assert.equal(slot.getFloat32(FRAME.velocity.offset, true), 1 + 2.5, "one message and the boost");
  assert.equal(slot.getBigInt64(FRAME.timestamp_us.offset, true), BigInt(event.receivedUs));
  assert.equal(slot.getInt32(FRAME.actor_type.offset, true), event.actorType);
  assert.equal(slot.getInt32(FRAME.intent_id.offset, true), 4);
  assert.equal(slot.getFloat32(FRAME.fill_rate.offset, true), 0.5);
  assert.equal(slot.getFloat32(FRAME.sentiment.offset, true), -0.5);
  const [row] = run.recorded;
  assert.deepEqual(row, {
    eventIds: [event.id],
    doneUs: row!.doneUs,
    stage: "publish",
    frameId: 0,
    ringGeneration: run.ring.mapping.generation,
    result: null,
    error: null,
  });
  assert.deepEqual(run.publisher.lastEventId, event.id);
});

Deno.test("Publisher says what messages mean by their embeddings, where their senders don't", async () => {
  const vectors: number[] = [];
  const meaning = { intent: "Complaint", sentiment: -0.75, confidence: 0.5 };
  const classify = (vector: Float32Array) => {
    vectors.push(vector[0]!);
    return meaning;
  };
  await using run = await publisherOf(
    (frameId) => {
      const slots = new SlotWriter(run.ring.mapping.buffer, CAPACITY_FRAMES);
      slots.floats[slots.semanticIndex(frameId)] = frameId;
      const code = frameId === 2 ? EMBEDDER.hashing : EMBEDDER.onnx;
      return Promise.resolve({ ...resultOf([0]), codes: Uint8Array.of(code) });
    },
    [
      newEvent({ message: "Nothing works", sentiment: 0 }),
      newEvent({ message: "Nothing works" }),
      newEvent({ message: "This vector is of another embedder" }),
      newEvent({ total: 1 }),
      newEvent({ message: " " }),
    ],
    { classify },
  );
  await run.finish();
  assert.deepEqual(vectors, [1]);
  const sentiments = [0, 1, 2, 3, 4].map((id) =>
    slotOf(run.ring, id).getFloat32(FRAME.sentiment.offset, true)
  );
  assert.deepEqual(sentiments, [0, -0.75, 0, 0, 0]);
  assert.deepEqual(run.recorded.map(({ result }) => result), [
    null,
    JSON.stringify(meaning),
    null,
    null,
    null,
  ]);
});

Deno.test("Publisher records neighbours together of which there is the same to say", async () => {
  const events = newEvents(5);
  const note = { truncatedTokens: 512 };
  await using run = await publisherOf(
    (_frameId, texts) =>
      Promise.resolve({
        ...resultOf(texts.map(() => 0)),
        notes: new Map([[2, note]]),
      }),
    events,
    null,
    64,
  );
  await run.finish();
  const ids = events.map(({ id }) => id);
  assert.deepEqual(
    run.recorded.map(({ frameId, eventIds, result }) => [frameId, eventIds, result]),
    [
      [0, ids.slice(0, 2), null],
      [2, [ids[2]], JSON.stringify(note)],
      [3, ids.slice(3), null],
    ],
  );
});

Deno.test("Publisher publishes in the events' order though their embeddings come out of order", async () => {
  const events = newEvents(MAX_IN_FLIGHT);
  const embeddings = events.map(() => Promise.withResolvers<EmbedResult>());
  await using run = await publisherOf((frameId) => embeddings[frameId]!.promise, events);

  embeddings[2]!.resolve(resultOf([30]));
  embeddings[1]!.resolve(resultOf([20]));
  await setImmediate();
  assert.equal(run.ring.mapping.head, 0, "the first one is missing");
  assert.deepEqual(run.recorded, []);

  embeddings[0]!.resolve(resultOf([10]));
  await run.finish();
  assert.deepEqual([...run.ring.recentEvents(8)], framesOf(events));
  assert.deepEqual(run.recorded.flatMap(({ eventIds }) => eventIds), events.map(({ id }) => id));
  const velocities = events.map((_, i) =>
    slotOf(run.ring, i).getFloat32(FRAME.velocity.offset, true)
  );
  assert.deepEqual(velocities, [11, 22, 33]);
});

Deno.test("Publisher has only so many batches embedded at the same time", async () => {
  const waiting: (() => void)[] = [];
  let embedded = 0;
  await using run = await publisherOf(
    () => new Promise((resolve) => waiting.push(() => resolve(resultOf([0])))),
    newEvents(10),
  );
  while (embedded < 10) {
    await setImmediate();
    assert.ok(waiting.length <= MAX_IN_FLIGHT, `${waiting.length} batches`);
    const next = waiting.shift();
    if (next === undefined) continue;
    next();
    embedded++;
  }
  await run.finish();
  assert.equal(run.ring.mapping.head, 10);
});

Deno.test("Publisher publishes frames without embedding when the embedder fails, and says why", async () => {
  const events = newEvents(2);
  let slots: SlotWriter | undefined;
  await using run = await publisherOf((frameId) => {
    if (frameId === 1) return Promise.resolve(resultOf([0]));
    // It fails when it has already written something.
    slots = new SlotWriter(run.ring.mapping.buffer, CAPACITY_FRAMES);
    slots.floats[slots.semanticIndex(frameId)] = 1;
    slots.finish(frameId, EMBEDDER.hashing);
    return Promise.reject(new ModelFailedError("the text is cursed", { hint: "" }));
  }, events);
  await run.finish();
  assert.deepEqual([...run.ring.recentEvents(8)], framesOf(events));
  assert.deepEqual(run.recorded.map(({ error }) => error), ["the text is cursed", null]);
  assert.equal(slots!.floats[slots!.semanticIndex(0)], 0);
  assert.equal(slotOf(run.ring, 0).getUint32(FRAME.embedder.offset, true), EMBEDDER.none);
  assert.equal((await run.metrics.embeddingsFailed.get()).values[0]!.value, 1);
  assert.equal(run.publisher.failure, null);
});

Deno.test("Publisher gives each event its embedding, though the embedder's worker dies once", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-embed-" });
  // Messages that come while a script awaits something at its top level are lost.
  const script = `
    import ${JSON.stringify(import.meta.resolve("../../models/embed_worker.ts"))};
    let isFirst = true;
    try {
      Deno.mkdirSync(${JSON.stringify(join(directory, "died"))});
    } catch {
      isFirst = false;
    }
    addEventListener("message", ({ data: { id } }) => {
      if (isFirst && id !== undefined) throw new Error("out of memory");
    });`;
  const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  let client: Promise<EmbedClient> | undefined;
  const events = newEvents(8);
  await using run = await publisherOf(async (firstFrameId, texts) => {
    client ??= EmbedClient.start({ ring: run.ring.mapping, workerUrl });
    return await (await client).embed(firstFrameId, texts);
  }, events);
  await run.finish();
  assert.deepEqual([...run.ring.recentEvents(8)], framesOf(events));
  for (const frameId of events.keys()) {
    const slot = slotOf(run.ring, frameId);
    assert.equal(slot.getUint32(FRAME.embedder.offset, true), EMBEDDER.hashing);
  }
  assert.deepEqual(run.recorded.map(({ error }) => error), events.map(() => null));
  await (await client!).close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("Publisher leaves an embedder out that fails again and again", async () => {
  const events = newEvents(30);
  let attempts = 0;
  await using run = await publisherOf(() => {
    attempts++;
    return Promise.reject(new ModelFailedError("out of order", { hint: "" }));
  }, events);
  await run.finish();
  // Those under way when the breaker opens come on top of its five failures.
  assert.ok(attempts >= 5 && attempts < 5 + MAX_IN_FLIGHT, `${attempts} attempts`);
  assert.equal(run.recorded.length, 30);
  assert.match(run.recorded.at(-1)!.error!, /left out for a while/);
  assert.equal(run.ring.mapping.head, 30);
});

Deno.test("Publisher tells once that another embedder stands in, and once that none does", async () => {
  let batches = 0;
  await using run = await publisherOf((_, texts) => {
    const isReplaced = batches++ < 3;
    const result = resultOf(texts.map(() => 0));
    return Promise.resolve(isReplaced ? { ...result, problem: "no server" } : result);
  }, newEvents(6));
  await run.finish();
  assert.equal(run.logged.length, 2);
  assert.match(run.logged[0]!, /another embedder stands in.*no server/);
  assert.match(run.logged[1]!, /works again/);
});

Deno.test("Publisher gives up when the embedder still writes into slots that it lost", async () => {
  const first = Promise.withResolvers<EmbedResult>();
  await using run = await publisherOf(
    (frameId) =>
      frameId === 0
        ? first.promise
        : Promise.reject(new ModelStuckError("it goes on writing", { hint: "" })),
    newEvents(6),
  );
  // The failure waits for the frame before it to be published.
  await setImmediate();
  assert.deepEqual(run.logged, []);
  first.resolve(resultOf([0]));
  await setImmediate();
  assert.ok(run.publisher.failure instanceof ModelStuckError);
  await run.finish();
  assert.equal(run.ring.mapping.head, 1);
  assert.equal(run.recorded.length, 1);
  assert.equal(run.logged.length, 1);
  assert.match(run.logged[0]!, /restart the gateway.*it goes on writing/);
});

Deno.test("Publisher says at once that it gave up, though no more events come", async () => {
  await using run = await publisherOf(
    () => Promise.reject(new ModelStuckError("it goes on writing", { hint: "" })),
    newEvents(1),
  );
  await setImmediate();
  assert.ok(run.publisher.failure instanceof ModelStuckError);
  assert.equal(run.logged.length, 1);
});
