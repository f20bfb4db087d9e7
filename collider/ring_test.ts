import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureLibrary } from "../ffi/build.ts";
import { RingLockedError } from "../ffi/errors.ts";
import { FRAME, FRAME_BYTES, FRAMES_OFFSET, HEADER, ringBytes } from "./layout.ts";
import { type FrameFields, Ring } from "./ring.ts";
import { SlotWriter } from "./slot_writer.ts";

const CAPACITY = 8;

await ensureLibrary();

/** A ring in a directory of its own, removed with it. */
async function temporaryRing(capacity = CAPACITY) {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "ring");
  const ring = await Ring.open({ path, capacity });
  return {
    path,
    ring,
    async [Symbol.asyncDispose]() {
      ring.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function eventIdOf(number: number): Uint8Array {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(12, number);
  return id;
}

const FIELDS: FrameFields = {
  deltaTime: -1.5,
  durationMs: 12.25,
  velocity: 42.5,
  interrupt: 1,
  timestampUs: 1_700_000_000_123_456,
  conversationHash: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  workflowNode: -1,
  caseStatus: 4,
  leadStatus: 3,
  fillRate: 0.75,
  actorType: 2,
  intentId: 77,
  sentiment: -0.5,
  confidence: 0.875,
  eventId: Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i),
};

function publish(ring: Ring, count: number, fields: Partial<FrameFields> = {}): void {
  for (let i = 0; i < count; i++) {
    const frameId = ring.reserve(1);
    ring.write(frameId, { ...FIELDS, eventId: eventIdOf(frameId), ...fields });
    ring.publish(frameId, 1);
  }
}

Deno.test("Ring writes each field at its place in the frame's slot", async () => {
  await using temporary = await temporaryRing();
  const { ring, path } = temporary;
  const slots = new SlotWriter(ring.mapping.buffer, CAPACITY);
  publish(ring, CAPACITY + 2);
  const frameId = ring.reserve(1);
  const slotAt = FRAMES_OFFSET + 2 * FRAME_BYTES;
  const payloadAt = slotAt + FRAME.semantic.offset;
  new Uint8Array(ring.mapping.buffer, payloadAt, slotAt + FRAME_BYTES - payloadAt).fill(0x55);
  slots.clear(frameId);
  ring.write(frameId, FIELDS);
  ring.publish(frameId, 1);

  // Read from the file, as another process does.
  const file = await Deno.readFile(path);
  const frame = new DataView(file.buffer, slotAt, FRAME_BYTES);
  const f32 = (name: keyof typeof FRAME) => frame.getFloat32(FRAME[name].offset, true);
  const i32 = (name: keyof typeof FRAME) => frame.getInt32(FRAME[name].offset, true);
  const u64 = (name: keyof typeof FRAME) => frame.getBigUint64(FRAME[name].offset, true);
  const eventIdAt = frame.byteOffset + FRAME.event_id.offset;

  assert.deepEqual({
    sequence: u64("sequence"),
    frame_id: u64("frame_id"),
    delta_time: f32("delta_time"),
    duration_ms: f32("duration_ms"),
    velocity: f32("velocity"),
    interrupt: f32("interrupt"),
    timestamp_us: u64("timestamp_us"),
    conversation_hash: u64("conversation_hash"),
    workflow_node: i32("workflow_node"),
    case_status: i32("case_status"),
    lead_status: i32("lead_status"),
    fill_rate: f32("fill_rate"),
    actor_type: i32("actor_type"),
    intent_id: i32("intent_id"),
    sentiment: f32("sentiment"),
    confidence: f32("confidence"),
    spin_w: f32("spin"),
    event_id: file.slice(eventIdAt, eventIdAt + 16),
    embedder: i32("embedder"),
    attractor: i32("attractor"),
    attraction: f32("attraction"),
    reserved: i32("reserved"),
  }, {
    sequence: 4n,
    frame_id: BigInt(CAPACITY + 2),
    delta_time: -1.5,
    duration_ms: 12.25,
    velocity: 42.5,
    interrupt: 1,
    timestamp_us: 1_700_000_000_123_456n,
    conversation_hash: 0x0807060504030201n,
    workflow_node: -1,
    case_status: 4,
    lead_status: 3,
    fill_rate: 0.75,
    actor_type: 2,
    intent_id: 77,
    sentiment: -0.5,
    confidence: 0.875,
    spin_w: 1,
    event_id: FIELDS.eventId,
    embedder: 0,
    attractor: -1,
    attraction: 0,
    reserved: 0,
  });
});

Deno.test("Ring keeps times before 1970", async () => {
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  publish(ring, 1, { timestampUs: -1_234_567_890_123 });
  const at = FRAMES_OFFSET + FRAME.timestamp_us.offset;
  assert.equal(new DataView(ring.mapping.buffer).getBigInt64(at, true), -1_234_567_890_123n);
});

Deno.test("Ring publishes batches in the order of their reservation only", async () => {
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  const first = ring.reserve(2);
  const second = ring.reserve(2);
  assert.deepEqual([first, second, ring.reserved], [0, 2, 4]);
  assert.throws(() => ring.publish(second, 2), RangeError);
  ring.publish(first, 2);
  assert.equal(ring.mapping.head, 2);
  ring.publish(second, 2);
  assert.deepEqual([ring.mapping.head, ring.reserved, ring.framesWritten], [4, 0, 4]);
});

Deno.test("Ring leaves at least half of its frames to readers", async () => {
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  publish(ring, 2 * CAPACITY);
  assert.equal(ring.maxReserved, CAPACITY / 2);
  const first = ring.reserve(3);
  assert.throws(() => ring.reserve(2), RangeError);
  ring.reserve(1);
  assert.equal(ring.mapping.head - ring.mapping.tail, CAPACITY / 2);
  ring.publish(first, 1);
  assert.equal(ring.reserve(1), first + 4);
});

Deno.test("Ring of one frame can be written, too", async () => {
  await using temporary = await temporaryRing(1);
  publish(temporary.ring, 3);
  assert.equal(temporary.ring.mapping.head, 3);
});

Deno.test("Ring refuses to write a frame that readers may be reading", async () => {
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  publish(ring, 1);
  const reserved = ring.reserve(1);
  assert.throws(() => ring.write(0, FIELDS), RangeError);
  assert.throws(() => ring.write(reserved + 1, FIELDS), RangeError);
});

Deno.test("Ring finds the events of its newest readable frames", async () => {
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  assert.equal(ring.recentEvents(100).size, 0);
  publish(ring, CAPACITY + 3);
  const newest = Array.from({ length: 3 }, (_, i) => CAPACITY + i);
  assert.deepEqual(
    ring.recentEvents(3),
    new Map(newest.map((frameId) => [eventIdOf(frameId).toHex(), frameId])),
  );
  assert.equal(ring.recentEvents(100).size, CAPACITY);
  ring.reserve(2);
  assert.equal(ring.recentEvents(100).size, CAPACITY - 2);
});

Deno.test("Ring finds events of frames whose ids need more than 32 bits", async () => {
  await using temporary = await temporaryRing();
  temporary.ring.close();
  const firstId = 2 ** 32;
  const header = new DataView(new ArrayBuffer(16));
  header.setBigUint64(0, BigInt(firstId), true);
  header.setBigUint64(8, BigInt(firstId), true);
  using file = await Deno.open(temporary.path, { write: true });
  file.seekSync(HEADER.head.offset, Deno.SeekMode.Start); // tail follows it
  file.writeSync(new Uint8Array(header.buffer));

  using reopened = await Ring.open({ path: temporary.path, capacity: CAPACITY });
  publish(reopened, 2);
  assert.deepEqual([...reopened.recentEvents(100).values()], [firstId, firstId + 1]);
});

Deno.test("Ring passes over a frame that is not what it should be", async () => {
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  publish(ring, 2);
  const at = FRAMES_OFFSET + FRAME.frame_id.offset;
  new DataView(ring.mapping.buffer).setBigUint64(at, 2n ** 64n - 1n, true);
  assert.deepEqual([...ring.recentEvents(2).values()], [1]);
});

Deno.test("Ring goes on where it stood when it is opened again", async () => {
  await using temporary = await temporaryRing();
  publish(temporary.ring, 5);
  temporary.ring.reserve(2); // never published: as a crash would leave them
  temporary.ring.close();

  using reopened = await Ring.open({ path: temporary.path, capacity: CAPACITY });
  assert.equal(reopened.reserved, 0);
  assert.equal(reopened.framesWritten, 0);
  assert.equal(reopened.reserve(1), 5);
  assert.deepEqual([...reopened.recentEvents(100).values()], [0, 1, 2, 3, 4]);
});

Deno.test("Ring tells readers that its writer has gone on purpose", async () => {
  await using temporary = await temporaryRing();
  const heartbeat = () =>
    new DataView(Deno.readFileSync(temporary.path).buffer)
      .getBigInt64(HEADER.heartbeat_us.offset, true);
  temporary.ring.mapping.heartbeat(1_700_000_000_123_456);
  assert.equal(heartbeat(), 1_700_000_000_123_456n);
  temporary.ring.close();
  assert.equal(heartbeat(), 0n);
});

Deno.test("Ring has one writer", async () => {
  await using temporary = await temporaryRing();
  await assert.rejects(
    () => Ring.open({ path: temporary.path, capacity: CAPACITY }),
    RingLockedError,
  );
});

Deno.test("The layout is that of the mapping", async () => {
  await using temporary = await temporaryRing();
  const { buffer, generation, sizeBytes } = temporary.ring.mapping;
  assert.equal(sizeBytes, ringBytes(CAPACITY));
  const view = new DataView(buffer);
  assert.equal(view.getBigUint64(HEADER.magic.offset, true), 0xCAFEBABEn);
  assert.equal(view.getUint32(HEADER.frame_size.offset, true), FRAME_BYTES);
  assert.equal(view.getBigUint64(HEADER.generation.offset, true), generation);
});
