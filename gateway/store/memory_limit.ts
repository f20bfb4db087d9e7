import { setTimeout as delay } from "node:timers/promises";

/** What DuckDB may hold in memory, in MiB. */
export interface MemoryLimits {
  /** While events are only taken in. */
  readonly idleMiB: number;
  /** While somebody queries, or large events come in. */
  readonly queryMiB: number;
  /** So long the limit stays high after that: DuckDB may have something to fold yet. */
  readonly lingerMs: number;
}

const RETRY_INTERVAL_MS = 200;

/**
 * DuckDB's memory limit, which follows what is going on. DuckDB keeps blocks that it has read as long
 * as it may, so that a high limit makes a large process for nothing; but it reads 2,048 rows at a
 * time in each thread, and a query over large payloads needs memory for all of them. So does folding
 * large events into the database.
 */
export class MemoryLimit {
  readonly #limits: MemoryLimits;
  readonly #set: (mebibytes: number) => Promise<void>;
  #setMiB: number;
  #borrowers = 0;
  /** Settles when the limit is what it has to be. */
  #settled: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @param set has DuckDB keep to a limit from now on; rejects while it holds more than that */
  constructor(limits: MemoryLimits, set: (mebibytes: number) => Promise<void>) {
    this.#limits = limits;
    this.#setMiB = limits.idleMiB;
    this.#set = set;
  }

  /** Raises the limit until what is returned is disposed of. */
  async borrow(): Promise<Disposable> {
    clearTimeout(this.#timer);
    if (this.#borrowers++ === 0) this.#follow();
    await this.#settled;
    let isReturned = false;
    return {
      [Symbol.dispose]: () => {
        if (isReturned) return;
        isReturned = true;
        if (--this.#borrowers > 0 || this.#isClosed) return;
        this.#timer = setTimeout(() => this.#follow(), this.#limits.lingerMs);
      },
    };
  }

  /** To be called when the database has been opened anew, with the limit for idle times. */
  renew(): void {
    this.#setMiB = this.#limits.idleMiB;
    this.#follow();
  }

  /** Resolves when nothing is done to the database any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#settled;
  }

  get #wantedMiB(): number {
    return this.#borrowers > 0 ? this.#limits.queryMiB : this.#limits.idleMiB;
  }

  #follow(): void {
    this.#settled = this.#settled.then(async () => {
      while (!this.#isClosed && this.#setMiB !== this.#wantedMiB) {
        const wantedMiB = this.#wantedMiB;
        try {
          await this.#set(wantedMiB);
          this.#setMiB = wantedMiB;
        } catch {
          // A query that could not be given more will say why it fails.
          if (this.#borrowers > 0) break;
          // One that was interrupted may take a moment to let go of what it held.
          await delay(RETRY_INTERVAL_MS);
        }
      }
    });
  }
}
