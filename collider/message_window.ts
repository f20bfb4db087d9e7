const WINDOW_US = 60_000_000;
const BUCKET_US = 1_000_000;
/** Times kept one by one; a window with more of them counts by the second. */
const MAX_ENTRIES = 64;

/**
 * Counts a conversation's messages in the last 60 s in bounded memory: exactly as long as there are
 * at most 64 of them, by buckets of one second above that, which makes the edge of the window up to
 * a second soft.
 */
export class MessageWindow {
  /** Start of each entry, Unix µs, ascending; its messages are in `#counts`. */
  #startsUs: number[] = [];
  #counts: number[] = [];
  #total = 0;
  #isCoarse = false;

  /**
   * Adds a message.
   *
   * @param atUs Unix µs; one that is earlier than the newest counts as that one's time
   * @returns the messages in the 60 s up to and with this one
   */
  add(atUs: number): number {
    const newest = this.#startsUs.at(-1);
    const us = newest === undefined ? atUs : Math.max(atUs, newest);
    this.#expire(us - WINDOW_US);
    if (this.#startsUs.length === MAX_ENTRIES) this.#coarsen();
    const last = this.#startsUs.length - 1;
    if (last >= 0 && this.#isCoarse && us - this.#startsUs[last]! < BUCKET_US) {
      this.#counts[last]!++;
    } else {
      this.#startsUs.push(us);
      this.#counts.push(1);
    }
    return ++this.#total;
  }

  /** Forgets what happened at or before `beforeUs`. */
  #expire(beforeUs: number): void {
    let expired = 0;
    while (expired < this.#startsUs.length && this.#startsUs[expired]! <= beforeUs) {
      this.#total -= this.#counts[expired]!;
      expired++;
    }
    if (expired === 0) return;
    this.#startsUs.splice(0, expired);
    this.#counts.splice(0, expired);
    if (this.#startsUs.length === 0) this.#isCoarse = false;
  }

  /** Merges entries that begin within a second of each other: at most 61 remain. */
  #coarsen(): void {
    this.#isCoarse = true;
    const startsUs: number[] = [];
    const counts: number[] = [];
    for (const [i, startUs] of this.#startsUs.entries()) {
      if (startsUs.length > 0 && startUs - startsUs.at(-1)! < BUCKET_US) {
        counts[counts.length - 1]! += this.#counts[i]!;
      } else {
        startsUs.push(startUs);
        counts.push(this.#counts[i]!);
      }
    }
    this.#startsUs = startsUs;
    this.#counts = counts;
  }
}
