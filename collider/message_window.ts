const WINDOW_US = 60_000_000;
const BUCKET_US = 1_000_000;
/** A window holds at most 60 buckets, so there is room for 68 more messages before the next merge. */
const MAX_ENTRIES = 128;

/**
 * Counts a conversation's messages in the last 60 s in bounded memory. The count is exact as long as
 * there are at most 128 of them. When there are more, they are merged into buckets of up to a second,
 * which leave the window as a whole: messages of its oldest second may be missing from the count.
 */
export class MessageWindow {
  /** Time of each entry's first message, Unix µs, ascending; its messages are in `#counts`. */
  #startsUs: number[] = [];
  #counts: number[] = [];
  #total = 0;

  /**
   * Adds a message.
   *
   * @param atUs Unix µs; one that is earlier than the newest counts as that one's time
   * @returns the messages in the 60 s up to and with this one
   */
  add(atUs: number): number {
    const us = Math.max(atUs, this.#startsUs.at(-1) ?? atUs);
    this.#expire(us - WINDOW_US);
    if (this.#startsUs.length === MAX_ENTRIES) this.#merge();
    this.#startsUs.push(us);
    this.#counts.push(1);
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
  }

  /** Merges the entries that are less than a second after the first one of their bucket. */
  #merge(): void {
    let last = 0;
    for (let i = 1; i < this.#startsUs.length; i++) {
      if (this.#startsUs[i]! - this.#startsUs[last]! < BUCKET_US) {
        this.#counts[last]! += this.#counts[i]!;
      } else {
        last++;
        this.#startsUs[last] = this.#startsUs[i]!;
        this.#counts[last] = this.#counts[i]!;
      }
    }
    this.#startsUs.length = last + 1;
    this.#counts.length = last + 1;
  }
}
