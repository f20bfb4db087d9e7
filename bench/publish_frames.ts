import { EMBEDDING_DIMENSIONS, FRAME } from "../collider/layout.ts";
import type { FrameFields, Ring } from "../collider/ring.ts";
import type { SlotWriter } from "../collider/slot_writer.ts";
import { perSecond } from "./measurement.ts";

/** As many as the gateway publishes at once. */
export const BATCH_FRAMES = 256;
const CACHE_LINE_BYTES = 64;

const FIELDS: FrameFields = {
  deltaTime: 0.5,
  durationMs: 3,
  velocity: 0.2,
  interrupt: 0,
  timestampUs: 1_790_000_000_000_000,
  conversationHash: new Uint8Array(8).fill(7),
  workflowNode: -1,
  caseStatus: 1,
  leadStatus: 2,
  fillRate: 0.75,
  actorType: 1,
  intentId: 4,
  sentiment: -0.25,
  confidence: 0.9,
  eventId: new Uint8Array(16).fill(9),
};

/**
 * Publishes frames as the gateway does.
 *
 * @returns frames per second
 */
export function publishFrames(
  ring: Ring,
  slots: SlotWriter,
  embedding: Float32Array,
  frames: number,
): number {
  const startedMs = performance.now();
  for (let written = 0; written < frames; written += BATCH_FRAMES) {
    const count = Math.min(BATCH_FRAMES, frames - written);
    const first = ring.reserve(count);
    for (let frameId = first; frameId < first + count; frameId++) {
      slots.floats.set(embedding, slots.semanticIndex(frameId));
      ring.write(frameId, FIELDS);
    }
    ring.publish(first, count);
  }
  return perSecond(frames, startedMs);
}

/** An embedding of L2 norm 1, where it is copied from at full speed. */
export function testEmbedding(): Float32Array {
  const source = alignedLikeSlot(FRAME.semantic.offset, EMBEDDING_DIMENSIONS * 4);
  return new Float32Array(source.buffer, source.byteOffset, EMBEDDING_DIMENSIONS).fill(1 / 32);
}

/**
 * Bytes that lie to the cache lines as `offset` of a slot does, where they are copied to: on some
 * processors the copy takes more than twice as long otherwise. So neither side is left to the
 * chance of where its source was allocated.
 */
export function alignedLikeSlot(offset: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes + CACHE_LINE_BYTES);
  const address = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
  const lineAt = CACHE_LINE_BYTES - address % CACHE_LINE_BYTES;
  const start = (lineAt + offset) % CACHE_LINE_BYTES;
  return bytes.subarray(start, start + sizeBytes);
}
