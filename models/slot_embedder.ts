import type { EmbedderCode } from "../collider/layout.ts";
import { SlotWriter } from "../collider/slot_writer.ts";
import { attachRing } from "../ffi/seqlock.ts";
import type { EmbedBatch, EmbedResult, MappedRing } from "./embed_messages.ts";
import type { Embedder } from "./embedder.ts";
import type { SlotLease } from "./worker/slot_lease.ts";

/** Embeds batches into ring slots, with what follows from an embedding: spin and attraction. */
export class SlotEmbedder {
  readonly #embedder: Embedder;
  readonly #lease: SlotLease;
  readonly #slots: SlotWriter;

  /** @param lease without it, nothing is written */
  constructor(embedder: Embedder, ring: MappedRing, lease: SlotLease) {
    this.#embedder = embedder;
    this.#lease = lease;
    this.#slots = new SlotWriter(attachRing(ring.address, ring.sizeBytes), ring.capacity);
  }

  /**
   * Fills the slots of a batch.
   *
   * @returns null if the lease was revoked; then they are as they were
   * @throws what the embedder throws; then anything may stand in them
   */
  async embed({ firstFrameId, texts }: EmbedBatch): Promise<EmbedResult | null> {
    const startMs = performance.now();
    if (!this.#lease.hold()) return null;
    try {
      const slots = this.#slots;
      const offsets = texts.map((_, i) => slots.semanticIndex(firstFrameId + i));
      const embedded = await this.#embedder.embed(texts, slots.floats, offsets);
      const { codes, notes, zeroCopyVectors = 0, problem } = embedded;
      const boosts = new Float32Array(texts.length);
      slots.refreshControl();
      for (const [i, code] of codes.entries()) {
        if (code === 0) slots.clear(firstFrameId + i); // its boost stays 0
        else boosts[i] = slots.finish(firstFrameId + i, code as EmbedderCode);
      }
      return {
        codes,
        boosts,
        zeroCopyVectors,
        durationMs: performance.now() - startMs,
        ...(notes === undefined ? {} : { notes }),
        ...(problem === undefined ? {} : { problem }),
      };
    } finally {
      this.#lease.release();
    }
  }
}
