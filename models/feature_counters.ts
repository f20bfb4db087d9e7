import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";

/** Up to here, a counter's root is looked up. */
const SMALL_COUNT = 8;

/** Signed counters of hashed features, and the embedding they make. */
export class FeatureCounters {
  readonly #counts = new Int32Array(EMBEDDING_DIMENSIONS);
  /** The signed roots of the counts from -`SMALL_COUNT` to `SMALL_COUNT`, scaled. */
  readonly #roots = new Float64Array(2 * SMALL_COUNT + 1);

  /** Counts a feature: bits 0 to 9 of its hash choose the counter, bit 31 means minus one. */
  count(hash: number): void {
    // No branch, which half of all hashes would take.
    this.#counts[hash & (EMBEDDING_DIMENSIONS - 1)]! += (hash >> 31) | 1;
  }

  /**
   * Writes the signed square roots of the counters, scaled to an L2 norm of 1, into
   * `floats[offset]` and the 1,023 after it, and sets the counters to 0.
   *
   * @returns false if they all were 0: then so is all that was written
   */
  drainInto(floats: Float32Array, offset: number): boolean {
    const counts = this.#counts;
    const roots = this.#roots;
    let total = 0;
    for (let i = 0; i < EMBEDDING_DIMENSIONS; i++) total += Math.abs(counts[i]!);
    for (let count = 1; count <= SMALL_COUNT; count++) {
      const root = Math.sqrt(count / total);
      roots[SMALL_COUNT + count] = root;
      roots[SMALL_COUNT - count] = -root;
    }
    const embedding = floats.subarray(offset, offset + EMBEDDING_DIMENSIONS);
    for (let i = 0; i < EMBEDDING_DIMENSIONS; i++) {
      const count = counts[i]!;
      const size = Math.abs(count);
      embedding[i] = size <= SMALL_COUNT
        ? roots[SMALL_COUNT + count]!
        : Math.sign(count) * Math.sqrt(size / total);
    }
    counts.fill(0);
    return total > 0;
  }
}
