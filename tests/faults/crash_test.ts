import assert from "node:assert/strict";
import { FRAME, FRAME_BYTES, FRAMES_OFFSET, HEADER } from "../../collider/layout.ts";
import { eventually, Gateway } from "../e2e/gateway.ts";
import {
  fullyPublished,
  type ListedEvent,
  listEvents,
  post,
  postLines,
  temporaryDirectory,
} from "./fixtures.ts";
import { patch, readHead, readRing, type RingFrame } from "./ring_file.ts";

const CONNECTIONS = 64;
const ROUNDS = 3;
const HELLO = { event_type: "Message", text: "hello" };

/**
 * Sends single events over many connections and kills the gateway in the turn in which the
 * `killAt`-th of them is acknowledged.
 *
 * @returns the ids of those that were acknowledged
 */
async function killUnderLoad(gateway: Gateway, killAt: number): Promise<string[]> {
  const acknowledged: string[] = [];
  let killing: Promise<void> | null = null;
  const client = async () => {
    while (killing === null) {
      // What is under way when the gateway dies is answered, or fails: both are right.
      const id = await post(gateway, HELLO).catch(() => null);
      if (id !== null) acknowledged.push(id);
      if (acknowledged.length >= killAt) killing ??= gateway.kill();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  await killing;
  return acknowledged;
}

function burst(events: number): Iterable<Record<string, unknown>> {
  return Array.from({ length: events }, (_, i) => ({
    event_type: "Message",
    conversation_id: `room ${i % 7}`,
    text: `number ${i}`,
  }));
}

function randomInteger(min: number, max: number): number {
  return min + Math.floor(Math.random() * (max - min + 1));
}

function assertWhole(frames: readonly RingFrame[]): void {
  for (const { frameId, semantic } of frames) {
    const norm = Math.sqrt(semantic.reduce((sum, value) => sum + value * value, 0));
    assert.ok(Math.abs(norm - 1) < 1e-4, `frame ${frameId} has an embedding of norm ${norm}`);
  }
}

/** Each event has one frame, in the order of storage, and the store says which. */
function assertOneFrameEach(frames: readonly RingFrame[], events: readonly ListedEvent[]): void {
  assert.deepEqual(
    frames.map(({ eventId, frameId }) => `${eventId} ${frameId}`),
    events.map(({ id, frame_id }) => `${id} ${frame_id}`).reverse(),
  );
}

Deno.test("every acknowledged event outlives SIGKILL at any moment", async () => {
  await using directory = await temporaryDirectory();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const killAt = randomInteger(1, 1_000);
    await using gateway = await Gateway.start({ directory: directory.path });
    acknowledged.push(...await killUnderLoad(gateway, killAt));

    await using restarted = await Gateway.start({ directory: directory.path });
    const stored = new Set((await listEvents(restarted)).map(({ id }) => id));
    const missing = acknowledged.filter((id) => !stored.has(id));
    assert.deepEqual(missing, [], `killed at acknowledgement ${killAt} of round ${round}`);
    await restarted.stop();
  }
});

Deno.test("events that SIGKILL overtakes get exactly one frame after the restart", async () => {
  const ringCapacity = 2 ** 16;
  await using directory = await temporaryDirectory();
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await using gateway = await Gateway.start({ directory: directory.path, ringCapacity });
    // Few enough to wait for their frames in memory, or so many that some wait in the store.
    const burstEvents = randomInteger(6_000, 14_000);
    const singles = Array.from({ length: CONNECTIONS }, () => post(gateway, HELLO));
    acknowledged += await postLines(gateway, burst(burstEvents));
    await gateway.kill();
    const answers = await Promise.allSettled(singles);
    acknowledged += answers.filter(({ status }) => status === "fulfilled").length;
    const headAtKill = await readHead(gateway.ringPath);

    await using restarted = await Gateway.start({ directory: directory.path, ringCapacity });
    const events = await fullyPublished(restarted);
    assert.ok(events.length >= acknowledged);
    assert.ok(headAtKill < events.length, "the gateway was killed too late to show anything");
    const { head, frames } = await readRing(restarted.ringPath);
    assert.equal(head, events.length);
    assertOneFrameEach(frames, events);
    assertWhole(frames);
    await restarted.stop();
  }
});

Deno.test("the gateway starts again after SIGKILL, however large its events are", async () => {
  const sizes = [...Array<number>(100).fill(1 << 20), 12 << 20, 12 << 20, 100];
  await using directory = await temporaryDirectory();
  await using gateway = await Gateway.start({ directory: directory.path });
  for (const [number, size] of sizes.entries()) {
    assert.ok(await post(gateway, { event_type: "Large", number, text: "x".repeat(size) }));
  }
  await gateway.kill();

  await using restarted = await Gateway.start({ directory: directory.path });
  const events = await fullyPublished(restarted);
  assert.deepEqual(
    events.map(({ data }) => data["number"]).reverse(),
    sizes.map((_, number) => number),
  );
  await restarted.stop();
});

Deno.test("events without a frame get it in the new ring if the old one was lost", async () => {
  const burstEvents = 10_000;
  const ringCapacity = 2 ** 14;
  await using directory = await temporaryDirectory();
  await using gateway = await Gateway.start({ directory: directory.path, ringCapacity });
  assert.equal(await postLines(gateway, burst(burstEvents)), burstEvents);
  await gateway.kill();
  const former = await readRing(gateway.ringPath);
  assert.ok(former.head < burstEvents, "the gateway was killed too late to show anything");
  await Deno.remove(gateway.ringPath);

  await using restarted = await Gateway.start({ directory: directory.path, ringCapacity });
  const events = await fullyPublished(restarted);
  const { frames, generation } = await readRing(restarted.ringPath);
  assert.notEqual(generation, former.generation);
  const ids = new Set(frames.map(({ eventId }) => eventId));
  assert.equal(ids.size, frames.length, "an event has two frames");
  for (const { eventId } of former.frames) ids.add(eventId);
  assert.deepEqual(ids, new Set(events.map(({ id }) => id)));
  await restarted.stop();
});

Deno.test("a slot that a crash left half-written is given up and publication goes on", async () => {
  const capacity = 64;
  await using directory = await temporaryDirectory();
  const options = { directory: directory.path, ringCapacity: capacity };
  await using gateway = await Gateway.start(options);
  assert.equal(await postLines(gateway, burst(100)), 100);
  await fullyPublished(gateway);
  await gateway.kill();

  // As a writer leaves it that is killed inside frame 100: the tail past the slot's old frame, the
  // sequence odd, half of the payload overwritten.
  const slotAt = FRAMES_OFFSET + (100 % capacity) * FRAME_BYTES;
  await patch(gateway.ringPath, HEADER.tail.offset, u64(100 - capacity + 1));
  await patch(gateway.ringPath, slotAt + FRAME.sequence.offset, u64(3));
  await patch(gateway.ringPath, slotAt + FRAME.frame_id.offset, u64(100));
  await patch(gateway.ringPath, slotAt + FRAME.semantic.offset, new Uint8Array(2_000).fill(0xff));
  const torn = await readRing(gateway.ringPath);
  assert.equal(torn.oddSlots, 1);

  await using restarted = await Gateway.start(options);
  const reopened = await readRing(restarted.ringPath);
  assert.equal(reopened.oddSlots, 0);
  assert.equal(reopened.generation, torn.generation);
  assert.equal(reopened.head, 100);
  assert.deepEqual(idsOf(reopened.frames), idsOf(torn.frames));

  assert.equal(await postLines(restarted, burst(10)), 10);
  await eventually(
    "publication",
    async () => await readHead(restarted.ringPath) === 110 || undefined,
  );
  const { frames } = await readRing(restarted.ringPath);
  assert.deepEqual(idsOf(frames), Array.from({ length: capacity }, (_, i) => 110 - capacity + i));
  assertWhole(frames);
  await restarted.stop();
});

Deno.test("the ring is valid after each of many kills under load", async () => {
  const options = { ringCapacity: 64 };
  await using directory = await temporaryDirectory();
  let formerHead = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await using gateway = await Gateway.start({ directory: directory.path, ...options });
    // An acknowledgement comes before its frame: without this one, a kill could come before any.
    await gateway.fetch("/ingest", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"type":"First"}',
    });
    await eventually(
      "the first frame of the round",
      async () => (await readRing(gateway.ringPath)).head > formerHead || undefined,
    );
    await killUnderLoad(gateway, randomInteger(200, 600));
    const { head, tail, frames } = await readRing(gateway.ringPath);
    assert.ok(head > formerHead, "head goes on");
    assert.deepEqual(idsOf(frames), Array.from({ length: head - tail }, (_, i) => tail + i));
    assertWhole(frames);
    formerHead = head;
  }
  await using restarted = await Gateway.start({ directory: directory.path, ...options });
  assert.equal((await readRing(restarted.ringPath)).oddSlots, 0);
  await restarted.stop();
});

function idsOf(frames: readonly RingFrame[]): number[] {
  return frames.map(({ frameId }) => frameId);
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
