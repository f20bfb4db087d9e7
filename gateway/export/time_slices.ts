import { setImmediate as nextTurn } from "node:timers/promises";

const SLICE_MS = 5;
/**
 * While there is always something to go on with, the runtime looks for new input only after so many
 * pieces of work (tokio's `event_interval`), as one of which a turn of JavaScript counts, a whole slice
 * too. Turns with nothing to do make up the number; all of them take 0.2 ms.
 *
 * @see https://docs.rs/tokio/latest/tokio/runtime/struct.Builder.html#method.event_interval
 */
const TURNS_BETWEEN_LOOKS = 61;
const LOOK_INTERVAL_MS = 20;

let nextLookMs = -Infinity;
/** Of all long work together: turns in which others go on would not be empty. */
let looking: Promise<void> | null = null;

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
    if (performance.now() >= nextLookMs) looking ??= lookForInput();
    await (looking ?? nextTurn());
    this.#endMs = performance.now() + SLICE_MS;
  }
}

async function lookForInput(): Promise<void> {
  for (let turn = 0; turn < TURNS_BETWEEN_LOOKS; turn++) await nextTurn();
  nextLookMs = performance.now() + LOOK_INTERVAL_MS;
  looking = null;
}
