import { setTimeout as delay } from "node:timers/promises";
import { RingLockedError } from "../ffi/errors.ts";
import { RingMapping, type RingMappingOptions } from "../ffi/seqlock.ts";
import { FRAME, FRAME_BYTES, FRAMES_OFFSET } from "./layout.ts";

/** The fields of a frame that do not follow from its embedding; see {@linkcode FRAME}. */
export interface FrameFields {
  readonly deltaTime: number;
  readonly durationMs: number;
  readonly velocity: number;
  readonly interrupt: number;
  readonly timestampUs: number;
  /** 8 bytes. */
  readonly conversationHash: Uint8Array;
  readonly workflowNode: number;
  readonly caseStatus: number;
  readonly leadStatus: number;
  readonly fillRate: number;
  readonly actorType: number;
  readonly intentId: number;
  readonly sentiment: number;
  readonly confidence: number;
  /** 16 bytes. */
  readonly eventId: Uint8Array;
}

/** How to open a ring. */
export interface RingOptions extends RingMappingOptions {
  /** How long to wait for another process to let go of it, ms. @default {0} */
  readonly lockPatienceMs?: number;
}

const LOCK_INTERVAL_MS = 20;
const TWO_32 = 2 ** 32;

/**
 * The writer's side of the ring. Frames are written in batches: {@linkcode reserve} them, let an
 * embedder fill their slots through a `SlotWriter`, {@linkcode write} the rest, then
 * {@linkcode publish}. Several batches may be under way; they are published in the order in which
 * they were reserved.
 */
export class Ring implements Disposable {
  /** The memory itself, for workers. */
  readonly mapping: RingMapping;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #firstFrameId: number;
  /** As in the header; asking for it costs a tenth of a frame. */
  #head: number;
  #nextFrameId: number;

  private constructor(mapping: RingMapping) {
    this.mapping = mapping;
    this.#view = new DataView(mapping.buffer);
    this.#bytes = new Uint8Array(mapping.buffer);
    this.#firstFrameId = mapping.head;
    this.#head = mapping.head;
    this.#nextFrameId = mapping.head;
  }

  /** Opens or creates the ring and locks it. Throws as {@linkcode RingMapping.open} does. */
  static async open({ lockPatienceMs = 0, ...options }: RingOptions): Promise<Ring> {
    const untilMs = performance.now() + lockPatienceMs;
    while (true) {
      try {
        return new Ring(await RingMapping.open(options));
      } catch (error) {
        if (!(error instanceof RingLockedError) || performance.now() >= untilMs) throw error;
      }
      await delay(LOCK_INTERVAL_MS);
    }
  }

  /** Frames published since it was opened. */
  get framesWritten(): number {
    return this.mapping.head - this.#firstFrameId;
  }

  /** Frames that one batch, and all unpublished ones together, may have. */
  get maxReserved(): number {
    // Readers keep at least half of the ring, however many frames are being written.
    return Math.max(1, this.mapping.capacity >>> 1);
  }

  /** Frames reserved and not published yet. */
  get reserved(): number {
    return this.#nextFrameId - this.mapping.head;
  }

  /**
   * Takes the next frames' slots away from readers.
   *
   * @returns the first frame id
   * @throws {RangeError} when more than {@linkcode maxReserved} frames would be reserved
   */
  reserve(count: number): number {
    if (this.reserved + count > this.maxReserved) {
      throw new RangeError(`${count} more reserved frames would leave readers too few`);
    }
    const first = this.#nextFrameId;
    this.mapping.begin(first, count);
    this.#nextFrameId += count;
    return first;
  }

  /**
   * Writes a reserved frame's fields, all but those of its `SlotWriter`.
   *
   * @throws {RangeError} if the frame is not reserved, so that readers may be reading its slot
   */
  write(frameId: number, fields: FrameFields): void {
    if (!(frameId >= this.#head && frameId < this.#nextFrameId)) {
      throw new RangeError(`frame ${frameId} is not reserved`);
    }
    const view = this.#view;
    const slot = FRAMES_OFFSET + (frameId % this.mapping.capacity) * FRAME_BYTES;
    view.setFloat32(slot + FRAME.delta_time.offset, fields.deltaTime, true);
    view.setFloat32(slot + FRAME.duration_ms.offset, fields.durationMs, true);
    view.setFloat32(slot + FRAME.velocity.offset, fields.velocity, true);
    view.setFloat32(slot + FRAME.interrupt.offset, fields.interrupt, true);
    // Two halves, because a BigInt would be an allocation per frame.
    const timestampAt = slot + FRAME.timestamp_us.offset;
    view.setUint32(timestampAt, fields.timestampUs >>> 0, true);
    view.setInt32(timestampAt + 4, Math.floor(fields.timestampUs / TWO_32), true);
    copyWords(fields.conversationHash, view, slot + FRAME.conversation_hash.offset, 8);
    view.setInt32(slot + FRAME.workflow_node.offset, fields.workflowNode, true);
    view.setInt32(slot + FRAME.case_status.offset, fields.caseStatus, true);
    view.setInt32(slot + FRAME.lead_status.offset, fields.leadStatus, true);
    view.setFloat32(slot + FRAME.fill_rate.offset, fields.fillRate, true);
    view.setInt32(slot + FRAME.actor_type.offset, fields.actorType, true);
    view.setInt32(slot + FRAME.intent_id.offset, fields.intentId, true);
    view.setFloat32(slot + FRAME.sentiment.offset, fields.sentiment, true);
    view.setFloat32(slot + FRAME.confidence.offset, fields.confidence, true);
    copyWords(fields.eventId, view, slot + FRAME.event_id.offset, 16);
    view.setUint32(slot + FRAME.reserved.offset, 0, true);
  }

  /**
   * Gives frames to the readers, in the order in which they were reserved.
   *
   * @throws {RangeError} if they are not the oldest reserved ones
   */
  publish(firstFrameId: number, count: number): void {
    this.mapping.publish(firstFrameId, count);
    this.#head = firstFrameId + count;
  }

  /**
   * The readable frames' event ids in hex, with their frame ids: after a crash they tell which
   * events have their frames already.
   *
   * @param limit newest frames to look at
   */
  recentEvents(limit: number): Map<string, number> {
    const { head, tail, capacity } = this.mapping;
    const events = new Map<string, number>();
    for (let frameId = Math.max(tail, head - limit); frameId < head; frameId++) {
      const at = FRAMES_OFFSET + (frameId % capacity) * FRAME_BYTES;
      // Frames on a disk may be damaged: not all of them reach it before a power failure.
      if (this.#frameIdAt(at) !== frameId) continue;
      const eventAt = at + FRAME.event_id.offset;
      events.set(this.#bytes.subarray(eventAt, eventAt + 16).toHex(), frameId);
    }
    return events;
  }

  /** Unlocks and unmaps the ring. Workers that write to it must have stopped. */
  close(): void {
    this.mapping.close({ clean: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #frameIdAt(slot: number): number {
    const at = slot + FRAME.frame_id.offset;
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_32;
  }
}

/** Copies a few bytes word by word: byte by byte, or by `set`, takes twice as long. */
function copyWords(source: Uint8Array, target: DataView, at: number, sizeBytes: number): void {
  for (let i = 0; i < sizeBytes; i += 4) {
    const word = source[i]! | source[i + 1]! << 8 | source[i + 2]! << 16 | source[i + 3]! << 24;
    target.setInt32(at + i, word, true);
  }
}
