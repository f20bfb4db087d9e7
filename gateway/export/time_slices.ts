import { setImmediate as nextTurn } from "node:timers/promises";

const SLICE_MS = 5;

/**
 * Cuts long work on the thread that answers requests into slices, between which they are answered.
 * Before the first slice, too: who knows what was done just now.
 */
export class TimeSlices {
  #endMs = -Infinity;

  /** Whether it is the others' turn: then `await` {@linkcode next}. */
  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** Resolves when the next slice begins. */
  async next(): Promise<void> {
    await nextTurn();
    this.#endMs = performance.now() + SLICE_MS;
  }
}
