import { setTimeout as delay } from "node:timers/promises";

/** What DuckDB may take. */
export interface Resources {
  readonly memoryMiB: number;
  readonly threads: number;
}

/** When DuckDB may take how much. */
export interface ResourceLimitsOptions {
  /** While events are only taken in. */
  readonly idle: Resources;
  /** While somebody queries, or large events come in. */
  readonly query: Resources;
  /** So long the limits stay high after that: DuckDB may have something to fold yet. */
  readonly lingerMs: number;
}

/**
 * Has DuckDB keep to limits from now on: to each of them after the other, with nothing in between.
 * Rejects, and leaves the limits as they were, where it holds more memory than that.
 */
type SetResources = (...limits: readonly Resources[]) => Promise<void>;

const RETRY_INTERVAL_MS = 200;

/**
 * DuckDB's limits, which follow what is going on.
 *
 * DuckDB keeps blocks that it has read as long as it may, so that much memory makes a large process
 * for nothing; but it reads 2,048 rows at a time in each thread, and a query over large payloads needs
 * memory for all of them. So does folding large events into the database.
 *
 * Of several threads, those that find nothing to do yield again and again until the others are done,
 * which takes a third of what storing costs; but a query is divided between them.
 */
export class ResourceLimits {
  readonly #options: ResourceLimitsOptions;
  readonly #set: SetResources;
  #current: Resources;
  #borrowers = 0;
  /** Settles when the limits are what they have to be. */
  #settled: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: ResourceLimitsOptions, set: SetResources) {
    this.#options = options;
    this.#current = options.idle;
    this.#set = set;
  }

  /** Raises the limits until what is returned is disposed of. */
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
        this.#timer = setTimeout(() => this.#follow(), this.#options.lingerMs);
      },
    };
  }

  /** Has DuckDB let go of all memory but so much, unless somebody queries. */
  async shrink(memoryMiB: number): Promise<void> {
    this.#settled = this.#settled.then(async () => {
      const { idle } = this.#options;
      if (this.#isClosed || this.#current !== idle || memoryMiB >= idle.memoryMiB) return;
      // It fails where DuckDB needs more: it has let go of what it could, and the limit is what it was.
      await this.#set({ ...idle, memoryMiB }, idle).catch(() => {});
    });
    await this.#settled;
  }

  /** To be called when the database has been opened anew, with the limits for idle times. */
  renew(): void {
    this.#current = this.#options.idle;
    this.#follow();
  }

  /** Resolves when nothing is done to the database any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#settled;
  }

  get #wanted(): Resources {
    return this.#borrowers > 0 ? this.#options.query : this.#options.idle;
  }

  #follow(): void {
    this.#settled = this.#settled.then(async () => {
      while (!this.#isClosed && this.#current !== this.#wanted) {
        const wanted = this.#wanted;
        try {
          await this.#set(wanted);
          this.#current = wanted;
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
