import { attract, CONTROL_READ_BYTES, type ControlPlane, readControlPlane } from "./attractors.ts";
import {
  CONTROL_OFFSET,
  EMBEDDER,
  type EmbedderCode,
  EMBEDDING_DIMENSIONS,
  FRAME,
  FRAME_BYTES,
  FRAMES_OFFSET,
  ringBytes,
} from "./layout.ts";
import { IDENTITY, writeSpin } from "./spin.ts";

/**
 * Writes what follows from a frame's embedding into its slot: `semantic`, `spin`, `embedder`,
 * `attractor` and `attraction`. The other fields are the `Ring`'s. The slots must have been
 * reserved. A worker uses it on its own view of the ring's memory.
 */
export class SlotWriter {
  /** The ring's memory. Embeddings go to `floats[semanticIndex(frameId)]` and the 1,023 after it. */
  readonly floats: Float32Array;
  readonly #ints: Int32Array;
  readonly #control: Uint8Array<ArrayBuffer>;
  readonly #capacity: number;
  #plane: ControlPlane;

  /**
   * @param buffer the whole mapping of the ring
   * @param capacity frames in the ring
   * @throws {RangeError} if a ring of this capacity has another size
   */
  constructor(buffer: ArrayBuffer, capacity: number) {
    if (buffer.byteLength !== ringBytes(capacity)) {
      throw new RangeError(`${buffer.byteLength} bytes are no ring of ${capacity} frames`);
    }
    this.floats = new Float32Array(buffer);
    this.#ints = new Int32Array(buffer);
    this.#control = new Uint8Array(buffer, CONTROL_OFFSET, CONTROL_READ_BYTES);
    this.#capacity = capacity;
    this.#plane = readControlPlane(this.#control);
  }

  /** Takes over what readers have written to the control plane; call it once per batch. */
  refreshControl(): void {
    this.#plane = readControlPlane(this.#control);
  }

  /** Index in {@linkcode floats} of the frame's embedding. */
  semanticIndex(frameId: number): number {
    return this.#wordIndex(frameId, FRAME.semantic.offset);
  }

  /**
   * Completes a slot whose embedding stands in it.
   *
   * @param embedder what made the embedding
   * @returns the gravity boost, to be added to the frame's velocity
   */
  finish(frameId: number, embedder: EmbedderCode): number {
    const semantic = this.semanticIndex(frameId);
    // One view per frame pays for itself: loops over it are a quarter faster than with an offset.
    const embedding = this.floats.subarray(semantic, semantic + EMBEDDING_DIMENSIONS);
    writeSpin(embedding, this.floats, this.#wordIndex(frameId, FRAME.spin.offset));
    const { boost, attractor, attraction } = attract(this.#plane, embedding);
    this.#writeCodes(frameId, embedder, attractor, attraction);
    return boost;
  }

  /** Completes a slot that has no embedding. */
  clear(frameId: number): void {
    const semantic = this.semanticIndex(frameId);
    this.floats.fill(0, semantic, semantic + EMBEDDING_DIMENSIONS);
    this.floats.set(IDENTITY, this.#wordIndex(frameId, FRAME.spin.offset));
    this.#writeCodes(frameId, EMBEDDER.none, -1, 0);
  }

  #writeCodes(
    frameId: number,
    embedder: EmbedderCode,
    attractor: number,
    attraction: number,
  ): void {
    this.#ints[this.#wordIndex(frameId, FRAME.embedder.offset)] = embedder;
    this.#ints[this.#wordIndex(frameId, FRAME.attractor.offset)] = attractor;
    this.floats[this.#wordIndex(frameId, FRAME.attraction.offset)] = attraction;
  }

  /** Index of a field among the mapping's 4-byte words. */
  #wordIndex(frameId: number, offset: number): number {
    return (FRAMES_OFFSET + (frameId % this.#capacity) * FRAME_BYTES + offset) / 4;
  }
}
