/** Which embedder a worker makes for itself, with what it needs to make it. */
export type EmbedderChoice = { kind: "hashing" };

/** A ring that this process has mapped; a `RingMapping` is one. */
export interface MappedRing {
  readonly address: bigint;
  readonly sizeBytes: number;
  /** Frames in the ring. */
  readonly capacity: number;
}

/** The first message to an embed worker. */
export interface EmbedStart {
  ring: MappedRing;
  embedder: EmbedderChoice;
  /** A `SlotLease`'s. */
  lease: SharedArrayBuffer;
}

/**
 * Every further message: texts for the slots of consecutive frames.
 *
 * They travel as an array of strings: cloning 256 of 60 characters costs the main thread 12 µs;
 * joined, with their lengths, they cost 40; encoded and transferred, 60.
 */
export interface EmbedBatch {
  id: number;
  firstFrameId: number;
  texts: readonly string[];
}

/** What was written for a batch, by the index of the text. */
export interface EmbedResult {
  /** The frames' `embedder` field; 0 where there was nothing to embed. */
  codes: Uint8Array<ArrayBuffer>;
  /** The frames' gravity boosts, messages per minute. */
  boosts: Float32Array<ArrayBuffer>;
  /** Time it took without waiting for its turn, ms. */
  durationMs: number;
}

/** From the worker: one for {@link EmbedStart}, then one per batch, in their order. */
export type EmbedAnswer =
  | { kind: "ready" }
  | { kind: "not_ready"; reason: string }
  | { kind: "embedded"; id: number; result: EmbedResult }
  | { kind: "failed"; id: number; reason: string };
