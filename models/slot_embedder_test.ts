import assert from "node:assert/strict";
import {
  ATTRACTOR,
  CONTROL,
  CONTROL_HEADER_BYTES,
  CONTROL_OFFSET,
  EMBEDDING_DIMENSIONS,
  FRAME,
  FRAME_BYTES,
  FRAMES_OFFSET,
} from "../collider/layout.ts";
import type { Embedder } from "./embedder.ts";
import { HashingEmbedder } from "./hashing_embedder.ts";
import { SlotEmbedder } from "./slot_embedder.ts";
import { SlotLease } from "./worker/slot_lease.ts";

const CAPACITY = 4;

/** Memory laid out as a ring; nobody publishes in it. */
function bareRing() {
  const buffer = new ArrayBuffer(FRAMES_OFFSET + CAPACITY * FRAME_BYTES);
  new Uint8Array(buffer, FRAMES_OFFSET).fill(0x55);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(buffer)));
  return { buffer, address, sizeBytes: buffer.byteLength, capacity: CAPACITY };
}

function frameOf(buffer: ArrayBuffer, frameId: number) {
  const slot = FRAMES_OFFSET + (frameId % CAPACITY) * FRAME_BYTES;
  const view = new DataView(buffer, slot, FRAME_BYTES);
  return {
    semantic: new Float32Array(buffer, slot + FRAME.semantic.offset, EMBEDDING_DIMENSIONS),
    spin: [...new Float32Array(buffer, slot + FRAME.spin.offset, 4)],
    embedder: view.getUint32(FRAME.embedder.offset, true),
    attractor: view.getInt32(FRAME.attractor.offset, true),
    attraction: view.getFloat32(FRAME.attraction.offset, true),
  };
}

function embeddingOf(text: string): Float32Array {
  const embedding = new Float32Array(EMBEDDING_DIMENSIONS);
  new HashingEmbedder().embedInto(text, embedding, 0);
  return embedding;
}

function attractTo(buffer: ArrayBuffer, embedding: Float32Array, mass: number): void {
  const control = new DataView(buffer, CONTROL_OFFSET);
  control.setFloat32(CONTROL.global_gravity.offset, 1, true);
  control.setUint32(CONTROL.attractor_count.offset, 1, true);
  new Float32Array(buffer, CONTROL_OFFSET + CONTROL_HEADER_BYTES).set(embedding);
  control.setFloat32(CONTROL_HEADER_BYTES + ATTRACTOR.mass.offset, mass, true);
}

Deno.test("SlotEmbedder fills the slots of a batch, around the end of the ring too", async () => {
  const ring = bareRing();
  const slots = new SlotEmbedder(new HashingEmbedder(), ring, new SlotLease());
  const texts = ["first text", "   ", "third text"];
  const result = await slots.embed({ firstFrameId: 7, texts });
  assert.deepEqual(result?.codes, Uint8Array.of(3, 0, 3));
  assert.deepEqual(result.boosts, new Float32Array(3));
  for (const [i, text] of texts.entries()) {
    const frame = frameOf(ring.buffer, 7 + i);
    assert.deepEqual(frame.semantic, embeddingOf(text));
    assert.ok(Math.abs(Math.hypot(...frame.spin) - 1) < 1e-6);
    assert.equal(frame.embedder, i === 1 ? 0 : 3);
    assert.equal(frame.attractor, -1);
  }
  assert.deepEqual(frameOf(ring.buffer, 8).spin, [1, 0, 0, 0]);
  const untouched = new Uint8Array(ring.buffer, FRAMES_OFFSET + 2 * FRAME_BYTES, FRAME_BYTES);
  assert.ok(untouched.every((byte) => byte === 0x55));
});

Deno.test("SlotEmbedder lets the attractors of the moment pull", async () => {
  const ring = bareRing();
  const slots = new SlotEmbedder(new HashingEmbedder(), ring, new SlotLease());
  attractTo(ring.buffer, embeddingOf("car insurance"), 2.5);
  const texts = ["car insurance", "lunch menu"];
  const result = await slots.embed({ firstFrameId: 0, texts });
  assert.ok(Math.abs(result!.boosts[0]! - 2.5) < 1e-5);
  assert.equal(result!.boosts[1], 0);
  assert.equal(frameOf(ring.buffer, 0).attractor, 0);
  assert.ok(Math.abs(frameOf(ring.buffer, 0).attraction - 1) < 1e-5);
  assert.equal(frameOf(ring.buffer, 1).attractor, -1);
});

Deno.test("SlotEmbedder writes nothing once its lease is revoked", async () => {
  const ring = bareRing();
  const before = ring.buffer.slice();
  const lease = new SlotLease();
  const slots = new SlotEmbedder(new HashingEmbedder(), ring, lease);
  assert.equal(await lease.revoke(0), true);
  assert.equal(await slots.embed({ firstFrameId: 0, texts: ["text"] }), null);
  assert.deepEqual(new Uint8Array(ring.buffer), new Uint8Array(before));
});

Deno.test("SlotEmbedder holds its lease while the embedder computes, and no longer", async () => {
  const lease = new SlotLease();
  const heldDuring: boolean[] = [];
  const failing: Embedder = {
    name: "failing",
    async embed() {
      heldDuring.push(!lease.hold());
      await Promise.resolve();
      heldDuring.push(!lease.hold());
      throw new Error("no weights");
    },
  };
  const slots = new SlotEmbedder(failing, bareRing(), lease);
  await assert.rejects(slots.embed({ firstFrameId: 0, texts: ["text"] }), /no weights/);
  assert.deepEqual(heldDuring, [true, true]);
  assert.equal(lease.hold(), true);
});
