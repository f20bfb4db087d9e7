import type { RingMapping } from "../ffi/seqlock.ts";
import { FRAME, FRAME_BYTES, FRAMES_OFFSET } from "./layout.ts";
import type { FrameFields } from "./ring.ts";

/** A frame without its embedding; see {@linkcode FRAME} for meanings and units. */
export interface Frame extends FrameFields {
  readonly frameId: number;
  /** Quaternion: w, x, y, z. */
  readonly spin: readonly number[];
  readonly embedder: number;
  readonly attractor: number;
  readonly attraction: number;
}

/**
 * Copies the newest frames out of the ring, newest first. For the thread that publishes them: no
 * slot between tail and head changes while it reads, so there is nothing to validate.
 *
 * @param limit frames at most
 */
export function readNewestFrames(mapping: RingMapping, limit: number): Frame[] {
  const { head, tail, capacity, buffer } = mapping;
  const first = Math.max(tail, head - limit);
  const frames: Frame[] = [];
  // Counted: beyond 2^53, which another process may have written there, an id less 1 is itself.
  for (let back = 1; back <= head - first; back++) {
    const frameId = head - back;
    const slot = new DataView(buffer, FRAMES_OFFSET + (frameId % capacity) * FRAME_BYTES);
    // A frame that a crash has left half-written says that it is none.
    if (slot.getBigUint64(FRAME.frame_id.offset, true) === BigInt(frameId)) {
      frames.push(frameOf(frameId, slot));
    }
  }
  return frames;
}

function frameOf(frameId: number, slot: DataView<ArrayBuffer>): Frame {
  const f32 = ({ offset }: { offset: number }) => slot.getFloat32(offset, true);
  const i32 = ({ offset }: { offset: number }) => slot.getInt32(offset, true);
  return {
    frameId,
    deltaTime: f32(FRAME.delta_time),
    durationMs: f32(FRAME.duration_ms),
    velocity: f32(FRAME.velocity),
    interrupt: f32(FRAME.interrupt),
    timestampUs: Number(slot.getBigInt64(FRAME.timestamp_us.offset, true)),
    conversationHash: bytesAt(slot, FRAME.conversation_hash.offset, 8),
    workflowNode: i32(FRAME.workflow_node),
    caseStatus: i32(FRAME.case_status),
    leadStatus: i32(FRAME.lead_status),
    fillRate: f32(FRAME.fill_rate),
    actorType: i32(FRAME.actor_type),
    intentId: i32(FRAME.intent_id),
    sentiment: f32(FRAME.sentiment),
    confidence: f32(FRAME.confidence),
    spin: [0, 4, 8, 12].map((at) => f32({ offset: FRAME.spin.offset + at })),
    eventId: bytesAt(slot, FRAME.event_id.offset, 16),
    embedder: slot.getUint32(FRAME.embedder.offset, true),
    attractor: i32(FRAME.attractor),
    attraction: f32(FRAME.attraction),
  };
}

function bytesAt(slot: DataView<ArrayBuffer>, offset: number, sizeBytes: number): Uint8Array {
  return new Uint8Array(slot.buffer, slot.byteOffset + offset, sizeBytes).slice();
}
