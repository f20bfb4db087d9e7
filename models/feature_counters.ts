import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";

/** Up to here, a counter's root is looked up. */
const SMALL_COUNT = 8;

const ALL_COUNTERS = Uint16Array.from({ length: EMBEDDING_DIMENSIONS }, (_, i) => i);

/**
 * Signed counters of hashed features, and the embedding they make. A message of a few words has
 * features for a tenth of the counters, so only those are looked at that were counted in.
 */
export class FeatureCounters {
  readonly #counts = new Int32Array(EMBEDDING_DIMENSIONS);
  /** The counter of each feature, unless there are more features than counters. */
  readonly #touched = new Uint16Array(EMBEDDING_DIMENSIONS);
  #features = 0;
  /** The counters that are not 0, once each, and their counts. */
  readonly #kept = new Uint16Array(EMBEDDING_DIMENSIONS);
  readonly #keptCounts = new Int32Array(EMBEDDING_DIMENSIONS);
  /** The signed roots of the counts from -`SMALL_COUNT` to `SMALL_COUNT`, scaled. */
  readonly #roots = new Float64Array(2 * SMALL_COUNT + 1);

  /** Counts a feature: bits 0 to 9 of its hash choose the counter, bit 31 means minus one. */
  count(hash: number): void {
    const counter = hash & (EMBEDDING_DIMENSIONS - 1);
    this.#touched[this.#features++ & (EMBEDDING_DIMENSIONS - 1)] = counter;
    // No branch, which half of all hashes would take.
    this.#counts[counter]! += (hash >> 31) | 1;
  }

  /**
   * Writes the signed square roots of the counters, scaled to an L2 norm of 1, into
   * `floats[offset]` and the 1,023 after it, and sets the counters to 0.
   *
   * @returns false if they all were 0: then so is all that was written
   */
  drainInto(floats: Float32Array, offset: number): boolean {
    const { kept, total } = this.#takeCounts();
    const roots = this.#roots;
    for (let count = 1; count <= SMALL_COUNT; count++) {
      const root = Math.sqrt(count / total);
      roots[SMALL_COUNT + count] = root;
      roots[SMALL_COUNT - count] = -root;
    }
    const embedding = floats.subarray(offset, offset + EMBEDDING_DIMENSIONS);
    embedding.fill(0);
    for (let i = 0; i < kept; i++) {
      const count = this.#keptCounts[i]!;
      const size = Math.abs(count);
      embedding[this.#kept[i]!] = size <= SMALL_COUNT
        ? roots[SMALL_COUNT + count]!
        : Math.sign(count) * Math.sqrt(size / total);
    }
    return total > 0;
  }

  /** Moves the counts that are not 0 to the front of `#kept`. */
  #takeCounts(): { kept: number; total: number } {
    const counts = this.#counts;
    const isCrowded = this.#features > EMBEDDING_DIMENSIONS;
    const touched = isCrowded ? ALL_COUNTERS : this.#touched;
    const length = isCrowded ? EMBEDDING_DIMENSIONS : this.#features;
    this.#features = 0;
    let kept = 0;
    let total = 0;
    for (let i = 0; i < length; i++) {
      const counter = touched[i]!;
      const count = counts[counter]!;
      counts[counter] = 0; // or a counter with two features would be kept twice
      total += Math.abs(count);
      // Overwritten by the next one if it is 0; no branch here either.
      this.#kept[kept] = counter;
      this.#keptCounts[kept] = count;
      kept += count === 0 ? 0 : 1;
    }
    return { kept, total };
  }
}
