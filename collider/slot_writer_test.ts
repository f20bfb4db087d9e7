import assert from "node:assert/strict";
import { CONTROL_READ_BYTES } from "./attractors.ts";
import {
  ATTRACTOR,
  CONTROL,
  CONTROL_HEADER_BYTES,
  CONTROL_OFFSET,
  EMBEDDER,
  EMBEDDING_DIMENSIONS,
  FRAME,
  FRAME_BYTES,
  FRAMES_OFFSET,
  ringBytes,
} from "./layout.ts";
import { SlotWriter } from "./slot_writer.ts";
import { writeSpin } from "./spin.ts";

const CAPACITY = 4;
const FILLER = 0x55;

/** Memory laid out as a ring; its slots are full of what was there before. */
function bareRing() {
  const buffer = new ArrayBuffer(ringBytes(CAPACITY));
  new Uint8Array(buffer, FRAMES_OFFSET).fill(FILLER);
  return buffer;
}

function frameOf(buffer: ArrayBuffer, slot: number) {
  const at = FRAMES_OFFSET + slot * FRAME_BYTES;
  const view = new DataView(buffer, at, FRAME_BYTES);
  return {
    semantic: new Float32Array(buffer, at + FRAME.semantic.offset, EMBEDDING_DIMENSIONS),
    spin: [...new Float32Array(buffer, at + FRAME.spin.offset, 4)],
    embedder: view.getUint32(FRAME.embedder.offset, true),
    attractor: view.getInt32(FRAME.attractor.offset, true),
    attraction: view.getFloat32(FRAME.attraction.offset, true),
  };
}

/** The bytes of a slot outside the fields that a `SlotWriter` writes. */
function otherBytesOf(buffer: ArrayBuffer, slot: number): Uint8Array {
  const bytes = new Uint8Array(buffer, FRAMES_OFFSET + slot * FRAME_BYTES, FRAME_BYTES).slice();
  bytes.fill(FILLER, FRAME.semantic.offset, FRAME.delta_time.offset);
  bytes.fill(FILLER, FRAME.spin.offset, FRAME.event_id.offset);
  bytes.fill(FILLER, FRAME.embedder.offset, FRAME.reserved.offset);
  return bytes;
}

/** Puts one attractor on an axis. */
function attractTo(buffer: ArrayBuffer, axis: number, mass: number): void {
  const control = new DataView(buffer, CONTROL_OFFSET, CONTROL_READ_BYTES);
  control.setFloat32(CONTROL.global_gravity.offset, 1, true);
  control.setUint32(CONTROL.attractor_count.offset, 1, true);
  const position = CONTROL_OFFSET + CONTROL_HEADER_BYTES + ATTRACTOR.position.offset;
  new Float32Array(buffer, position, EMBEDDING_DIMENSIONS).fill(0)[axis] = 1;
  control.setFloat32(CONTROL_HEADER_BYTES + ATTRACTOR.mass.offset, mass, true);
}

function embed(writer: SlotWriter, frameId: number, axis: number): void {
  const at = writer.semanticIndex(frameId);
  writer.floats.fill(0, at, at + EMBEDDING_DIMENSIONS)[at + axis] = 1;
}

const FILLED = new Uint8Array(FRAME_BYTES).fill(FILLER);

Deno.test("SlotWriter writes what follows from an embedding into the frame's slot, and only that", () => {
  const buffer = bareRing();
  const writer = new SlotWriter(buffer, CAPACITY);
  const frameId = 3 * CAPACITY + 1;
  embed(writer, frameId, 7);
  assert.equal(writer.finish(frameId, EMBEDDER.onnx), 0);

  const { semantic, ...rest } = frameOf(buffer, 1);
  assert.equal(semantic[7], 1);
  const spin = new Float32Array(4);
  writeSpin(semantic, spin, 0);
  assert.deepEqual(rest, { spin: [...spin], embedder: 1, attractor: -1, attraction: 0 });
  assert.deepEqual(otherBytesOf(buffer, 1), FILLED);
  for (const slot of [0, 2, 3]) {
    const at = FRAMES_OFFSET + slot * FRAME_BYTES;
    assert.deepEqual(new Uint8Array(buffer, at, FRAME_BYTES), FILLED);
  }
});

Deno.test("SlotWriter lets the attractors pull that stood there at the last refresh", () => {
  const buffer = bareRing();
  attractTo(buffer, 7, 2.5);
  const writer = new SlotWriter(buffer, CAPACITY);
  embed(writer, 0, 7);
  assert.equal(writer.finish(0, EMBEDDER.onnx), 2.5);
  const { attractor, attraction } = frameOf(buffer, 0);
  assert.deepEqual({ attractor, attraction }, { attractor: 0, attraction: 1 });

  attractTo(buffer, 8, 2.5);
  assert.equal(writer.finish(0, EMBEDDER.onnx), 2.5);
  writer.refreshControl();
  assert.equal(writer.finish(0, EMBEDDER.onnx), 0);
  assert.equal(frameOf(buffer, 0).attractor, -1);
});

Deno.test("SlotWriter clears a slot that has no embedding", () => {
  const buffer = bareRing();
  const writer = new SlotWriter(buffer, CAPACITY);
  writer.clear(CAPACITY + 2);
  const { semantic, ...rest } = frameOf(buffer, 2);
  assert.ok(semantic.every((value) => value === 0));
  assert.deepEqual(rest, { spin: [1, 0, 0, 0], embedder: 0, attractor: -1, attraction: 0 });
  assert.deepEqual(otherBytesOf(buffer, 2), FILLED);
});

Deno.test("SlotWriter refuses memory that is no ring of its capacity", () => {
  assert.throws(() => new SlotWriter(bareRing(), CAPACITY + 1), RangeError);
});
