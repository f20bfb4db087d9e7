/** Fewer than this between two looks count as nothing. */
const QUIET_WORK = 100;
/** So often in a row there has to be nothing. */
const QUIET_LOOKS = 3;
/** Less than this is not worth it. */
const MIN_WORK = 10_000;

/** Does something, once, when much was done and then nothing for a while. */
export class Lull {
  readonly #begin: () => void;
  #seen = 0;
  #workBefore = 0;
  #quietLooks = 0;

  constructor(begin: () => void) {
    this.#begin = begin;
  }

  /** @param work counts what was ever done; looked at at regular intervals */
  look(work: number): void {
    const done = work - this.#seen;
    this.#seen = work;
    this.#workBefore += done;
    this.#quietLooks = done < QUIET_WORK ? this.#quietLooks + 1 : 0;
    if (this.#quietLooks < QUIET_LOOKS || this.#workBefore < MIN_WORK) return;
    this.#workBefore = 0;
    this.#begin();
  }
}
