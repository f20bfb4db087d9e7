import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";

/**
 * Signed counters of hashed features, and the embedding they make. A message of 60 characters
 * touches a sixth of the counters; remembering which makes it twice as fast as going through all.
 */
export class FeatureCounters {
  readonly #counts = new Int32Array(EMBEDDING_DIMENSIONS);
  readonly #isTouched = new Uint8Array(EMBEDDING_DIMENSIONS);
  readonly #touched = new Uint16Array(EMBEDDING_DIMENSIONS);
  #touchedLength = 0;

  /** Counts a feature: bits 0 to 9 of its hash choose the counter, bit 31 means minus one. */
  count(hash: number): void {
    const index = hash & (EMBEDDING_DIMENSIONS - 1);
    this.#counts[index]! += hash < 0 ? -1 : 1;
    if (this.#isTouched[index] !== 0) return;
    this.#isTouched[index] = 1;
    this.#touched[this.#touchedLength++] = index;
  }

  /**
   * Writes the signed square roots of the counters, scaled to an L2 norm of 1, into
   * `floats[offset]` and the 1,023 after it, and sets the counters to 0.
   *
   * @returns false if they all were 0: then so is all that was written
   */
  drainInto(floats: Float32Array, offset: number): boolean {
    const touched = this.#touched.subarray(0, this.#touchedLength);
    this.#touchedLength = 0;
    let total = 0;
    for (const index of touched) total += Math.abs(this.#counts[index]!);
    floats.fill(0, offset, offset + EMBEDDING_DIMENSIONS);
    for (const index of touched) {
      const count = this.#counts[index]!;
      if (count > 0) floats[offset + index] = Math.sqrt(count / total);
      if (count < 0) floats[offset + index] = -Math.sqrt(-count / total);
      this.#counts[index] = 0;
      this.#isTouched[index] = 0;
    }
    return total > 0;
  }
}
