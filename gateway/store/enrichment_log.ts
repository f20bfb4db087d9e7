import type { Database } from "./database.ts";
import { DurableWriter } from "./durable_writer.ts";
import type { Enrichment } from "./rows.ts";
import { ENRICHMENTS } from "./table_format.ts";

/**
 * Nobody waits for enrichments: they gather until they are many, or so long, because a transaction
 * costs as much for a few. What a crash takes of them is made again.
 */
const GATHER_MS = 250;
const GATHER_ROWS = 2_000;
const RETRY_INTERVAL_MS = 1_000;
const MAX_GROUP_ROWS = 10_000;
/** Rows kept while the store takes no writes; the oldest are dropped and made again later. */
const MAX_QUEUED_ROWS = 100_000;

const { rowsOf } = ENRICHMENTS;

/** Keeps what was learned of events, many rows in one transaction. */
export class EnrichmentLog {
  readonly #writer: DurableWriter<Enrichment>;
  #queued: Enrichment[] = [];
  #queuedRows = 0;
  /** Being written. If that fails, the very same rows are tried again: they may be there already. */
  #group: Enrichment[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #failure: unknown = null;
  #isClosed = false;

  constructor(database: Database) {
    this.#writer = new DurableWriter(database, ENRICHMENTS);
  }

  /** Keeps enrichments; they become durable soon. */
  append(enrichments: readonly Enrichment[]): void {
    for (const enrichment of enrichments) {
      this.#queued.push(enrichment);
      this.#queuedRows += rowsOf(enrichment);
    }
    if (this.#queuedRows > MAX_QUEUED_ROWS) this.#take(this.#queuedRows - MAX_QUEUED_ROWS);
    if (this.#failure !== null) this.#runAfter(RETRY_INTERVAL_MS);
    else if (this.#queuedRows < GATHER_ROWS) this.#runAfter(GATHER_MS);
    else void this.#run();
  }

  /**
   * Resolves when the rows appended so far are durable.
   *
   * @throws what DuckDB says, if they can't be made so now; they are tried again later
   */
  async flush(): Promise<void> {
    await this.#running; // Rows may have come while it wrote others.
    await this.#run();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Writes what waits, if it can be written. */
  async close(): Promise<void> {
    await this.flush().catch(() => {});
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writer.close();
  }

  #runAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => void this.#run(), delayMs);
  }

  #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#writeQueued().finally(() => this.#running = null);
    return this.#running;
  }

  /** Writes what is queued; what comes meanwhile gathers again, or no group would be large. */
  async #writeQueued(): Promise<void> {
    let left = this.#group.length + this.#queued.length;
    while (left > 0 || this.#queuedRows >= GATHER_ROWS) {
      if (this.#group.length === 0) this.#group = this.#take(MAX_GROUP_ROWS);
      try {
        await this.#writer.write(this.#group);
      } catch (cause) {
        this.#failure = cause;
        return this.#runAfter(RETRY_INTERVAL_MS);
      }
      this.#failure = null;
      left = Math.min(left - this.#group.length, this.#queued.length);
      this.#group = [];
    }
    if (this.#queued.length > 0) this.#runAfter(GATHER_MS);
  }

  /** Takes the oldest enrichments, of so many rows or a few more. */
  #take(rows: number): Enrichment[] {
    let count = 0;
    for (let taken = 0; taken < rows && count < this.#queued.length; count++) {
      const ofOne = rowsOf(this.#queued[count]!);
      taken += ofOne;
      this.#queuedRows -= ofOne;
    }
    return this.#queued.splice(0, count);
  }
}
