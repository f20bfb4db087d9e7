import { setImmediate, setTimeout as delay } from "node:timers/promises";
import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import { ChunkAppender } from "./chunk_appender.ts";
import { type Database, isFatal } from "./database.ts";
import { isOutOfMemory, StoreBusyError, StoreUnavailableError } from "./errors.ts";
import {
  appendEnrichment,
  appendEvent,
  type Enrichment,
  ENRICHMENT_COLUMNS,
  EVENT_COLUMNS,
} from "./rows.ts";

/** Bounds of the queue in front of the commit. */
export interface GroupCommitOptions {
  /** Events that may wait. @default 65536 */
  readonly maxQueuedEvents?: number;
  /** Bytes of payload that may wait. @default 64 MiB */
  readonly maxQueuedBytes?: number;
  /** Called after each group with the time its transaction took and what was in it. */
  readonly onCommit?: (commit: { events: number; durationMs: number }) => void;
}

/** The largest group: more would only delay the answers to its first events. */
const MAX_GROUP_EVENTS = 10_000;
const MAX_GROUP_BYTES = 16 << 20;
/** A group that keeps growing is not waited for any longer. */
const MAX_GATHER_MS = 5;
/** A group this large shares the cost of its flush well enough: it is not waited for at all. */
const LARGE_GROUP_EVENTS = 1_024;
/**
 * Enrichments are not waited for by anyone: they gather this long and ride in the transaction of the
 * next events, since each flush of an appender costs DuckDB a third of a millisecond.
 */
const ENRICHMENT_DELAY_MS = 50;
const MAX_GROUP_ENRICHMENTS = 10_000;
/** Enrichments kept while the store takes no writes; the oldest are dropped and made again later. */
const MAX_QUEUED_ENRICHMENTS = 100_000;

/** A group that finds no memory is tried again, for a second at most. */
const MAX_ATTEMPTS = 20;
const RETRY_INTERVAL_MS = 50;

/** After a failure, this much must fit again before the store counts as healthy. */
const MIN_PROBE_BYTES = 64 << 10;
const MAX_PROBE_BYTES = 1 << 20;

interface Waiting {
  readonly events: readonly GatewayEvent[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Writer {
  readonly connection: DuckDBConnection;
  /** Prepared, because parsing it would take DuckDB longer than doing it. */
  readonly begin: DuckDBPreparedStatement;
  readonly commit: DuckDBPreparedStatement;
  /** The next transaction's BEGIN, sent as soon as the last one has ended. */
  begun: Promise<unknown>;
  readonly events: ChunkAppender;
  readonly enrichments: ChunkAppender;
}

/**
 * Makes events durable, many in one transaction: everything that waits goes into one, and while
 * that one commits, the next group gathers. So the cost of a disk flush is shared by as many
 * events as arrive in the time of one.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #maxQueuedEvents: number;
  readonly #maxQueuedBytes: number;
  readonly #onCommit: GroupCommitOptions["onCommit"];
  #waiting: Waiting[] = [];
  #queuedEvents = 0;
  #queuedBytes = 0;
  #enrichments: Enrichment[] = [];
  #enrichmentTimer: ReturnType<typeof setTimeout> | undefined;
  #enrichmentsDue = false;
  /** They take turns: the answer to a BEGIN comes a turn of the event loop later, and while one
   * commits, the other one's has come. */
  #writers: Writer[] = [];
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();
  #failure: StoreUnavailableError | null = null;
  #failedBytes = MIN_PROBE_BYTES;
  #closed = false;

  constructor(database: Database, options: GroupCommitOptions = {}) {
    this.#database = database;
    this.#maxQueuedEvents = options.maxQueuedEvents ?? 65_536;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 64 << 20;
    this.#onCommit = options.onCommit;
  }

  /** Events that wait for their transaction. */
  get queuedEvents(): number {
    return this.#queuedEvents;
  }

  /** Why the last transaction failed; null when it succeeded. */
  get failure(): StoreUnavailableError | null {
    return this.#failure;
  }

  /**
   * Resolves when all the events are durable; they become so together or not at all.
   *
   * @throws {StoreBusyError} at once when the queue is full
   * @throws {StoreUnavailableError} when the transaction failed; then none of them is stored
   */
  append(events: readonly GatewayEvent[]): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreUnavailableError("the gateway is stopping"));
    let bytes = 0;
    for (const event of events) bytes += event.payloadBytes.length;
    const fits = this.#queuedEvents + events.length <= this.#maxQueuedEvents &&
      this.#queuedBytes + bytes <= this.#maxQueuedBytes;
    // What alone is larger than the queue may still go through an empty one.
    if (!fits && this.#queuedEvents > 0) return Promise.reject(new StoreBusyError());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ events, bytes, resolve, reject });
    this.#queuedEvents += events.length;
    this.#queuedBytes += bytes;
    this.#wake();
    return promise;
  }

  /** Keeps what was learned of events; it becomes durable with one of the next groups. */
  appendEnrichments(rows: readonly Enrichment[]): void {
    for (const row of rows) this.#enrichments.push(row);
    if (this.#enrichments.length > MAX_QUEUED_ENRICHMENTS) {
      this.#enrichments.splice(0, this.#enrichments.length - MAX_QUEUED_ENRICHMENTS);
    }
    this.#enrichmentTimer ??= setTimeout(() => {
      this.#enrichmentTimer = undefined;
      this.#enrichmentsDue = true;
      this.#wake();
    }, ENRICHMENT_DELAY_MS);
  }

  /**
   * After a failure, finds out whether as much can be written again: nobody may be trying, least of
   * all a load balancer that was told to send nothing.
   */
  async probe(): Promise<void> {
    if (this.#failure === null) return;
    try {
      if (isFatal(this.#failure.cause)) await this.#database.recover();
      const connection = await this.#database.connect();
      await connection.run("INSERT INTO config VALUES (now(), 'write_probe', repeat(' ', $1))", [
        this.#failedBytes,
      ]);
      connection.closeSync();
      this.#failure = null;
    } catch {
      // The failure stands.
    }
  }

  /**
   * Resolves when the enrichments appended so far are durable.
   *
   * @throws {StoreUnavailableError} if they can't be made so now; they are tried again later
   */
  async flushEnrichments(): Promise<void> {
    this.#enrichmentsDue = true;
    this.#wake();
    await this.#running;
    if (this.#failure !== null && this.#enrichments.length > 0) throw this.#failure;
  }

  /** Commits what waits and refuses what comes. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#enrichmentTimer);
    this.#enrichmentsDue = true;
    this.#wake();
    await this.#running;
    await this.#closeWriters();
  }

  #wake(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    await this.#gather();
    let answerLast = () => {};
    while (this.#waiting.length > 0 || (this.#enrichmentsDue && this.#enrichments.length > 0)) {
      const storing = this.#storeGroup();
      answerLast(); // What the answers set off runs beside the commit.
      answerLast = await storing;
      if (this.#queuedEvents >= LARGE_GROUP_EVENTS) continue;
      answerLast();
      answerLast = () => {};
      await this.#gather();
    }
    // In the same turn as the loop's last look at the queues: nothing can slip in between.
    this.#isRunning = false;
  }

  /**
   * Commits the next group.
   *
   * @returns what tells those who wait for it
   */
  async #storeGroup(): Promise<() => void> {
    const group = this.#takeGroup();
    const learned = this.#takeEnrichments();
    const startedMs = performance.now();
    try {
      await this.#commitPatiently(group, learned);
    } catch (cause) {
      // What was learned is tried again with the next events or enrichments.
      this.#enrichmentsDue = false;
      this.#enrichments.unshift(...learned);
      return () => this.#refuse(group, cause);
    }
    // The few bytes of what was learned may still fit where no event does.
    if (group.length > 0) this.#failure = null;
    const events = group.reduce((sum, { events }) => sum + events.length, 0);
    this.#onCommit?.({ events, durationMs: performance.now() - startedMs });
    return () => {
      for (const { resolve } of group) resolve();
    };
  }

  /**
   * Waits as long as each turn of the event loop brings more events: those who were answered
   * together ask again together, and a flush costs the same for one event as for hundreds.
   */
  async #gather(): Promise<void> {
    const untilMs = performance.now() + MAX_GATHER_MS;
    let before = -1;
    while (
      this.#queuedEvents > before && this.#queuedEvents < LARGE_GROUP_EVENTS &&
      performance.now() < untilMs
    ) {
      before = this.#queuedEvents;
      await setImmediate();
    }
  }

  #takeGroup(): Waiting[] {
    let events = 0;
    let bytes = 0;
    let count = 0;
    for (const next of this.#waiting) {
      if (events > 0 && events + next.events.length > MAX_GROUP_EVENTS) break;
      if (events > 0 && bytes + next.bytes > MAX_GROUP_BYTES) break;
      events += next.events.length;
      bytes += next.bytes;
      count++;
    }
    const group = this.#waiting.splice(0, count);
    this.#queuedEvents -= events;
    this.#queuedBytes -= bytes;
    return group;
  }

  #takeEnrichments(): Enrichment[] {
    if (!this.#enrichmentsDue) return [];
    const taken = this.#enrichments.splice(0, MAX_GROUP_ENRICHMENTS);
    this.#enrichmentsDue = this.#enrichments.length > 0;
    return taken;
  }

  /** Waits for a query to end that has all the memory: nobody's events are refused because of it. */
  async #commitPatiently(
    group: readonly Waiting[],
    learned: readonly Enrichment[],
  ): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#commit(group, learned);
      } catch (cause) {
        if (await this.#isStoredAfterAll(group, learned, cause)) return;
        if (!isOutOfMemory(cause) || attempt === MAX_ATTEMPTS) throw cause;
        await delay(RETRY_INTERVAL_MS);
      }
    }
  }

  async #commit(group: readonly Waiting[], learned: readonly Enrichment[]): Promise<void> {
    if (this.#writers.length === 0) {
      this.#writers.push(await this.#openWriter());
      this.#writers.push(await this.#openWriter());
    }
    const writer = this.#writers.shift()!;
    this.#writers.push(writer);
    const { begin, commit, events, enrichments } = writer;
    await writer.begun;
    if (group.length > 0) {
      for (const waiting of group) {
        for (const event of waiting.events) appendEvent(events, event);
      }
      events.flush();
    }
    if (learned.length > 0) {
      for (const row of learned) appendEnrichment(enrichments, row);
      enrichments.flush();
    }
    await commit.run();
    writer.begun = begin.run();
    writer.begun.catch(() => {}); // The next group finds out.
  }

  async #openWriter(): Promise<Writer> {
    const connection = await this.#database.connect();
    try {
      const begin = await connection.prepare("BEGIN");
      await begin.run();
      return {
        connection,
        begin,
        begun: Promise.resolve(),
        commit: await connection.prepare("COMMIT"),
        events: await ChunkAppender.open(connection, "events", EVENT_COLUMNS),
        enrichments: await ChunkAppender.open(connection, "enrichments", ENRICHMENT_COLUMNS),
      };
    } catch (error) {
      connection.closeSync();
      throw error;
    }
  }

  #refuse(group: readonly Waiting[], cause: unknown): void {
    const detail = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    this.#failure = new StoreUnavailableError(`the store can't write: ${detail}`, { cause });
    const bytes = group.reduce((sum, waiting) => sum + waiting.bytes, 0);
    this.#failedBytes = Math.min(Math.max(bytes, MIN_PROBE_BYTES), MAX_PROBE_BYTES);
    for (const { reject } of group) reject(this.#failure);
  }

  /**
   * Drops the writers, one of whose transaction and appenders are in an unknown state (the next group
   * makes others), and finds out what became of the group: a commit can fail in the checkpoint that
   * follows it, when the events are durable already.
   */
  async #isStoredAfterAll(
    group: readonly Waiting[],
    learned: readonly Enrichment[],
    cause: unknown,
  ): Promise<boolean> {
    await this.#closeWriters();
    try {
      if (isFatal(cause)) await this.#database.recover();
      const connection = await this.#database.connect();
      const event = group[0]?.events[0];
      const found = event === undefined
        ? await connection.runAndReadAll(
          "FROM enrichments WHERE event_id = $1::UUID AND stage = $2",
          [formatUuid(learned[0]!.eventId), learned[0]!.stage],
        )
        : await connection.runAndReadAll("FROM events WHERE id = $1::UUID", [formatUuid(event.id)]);
      connection.closeSync();
      return found.currentRowCount > 0;
    } catch {
      // It can't even be read. The next group fails in the same way and gets here again.
      return false;
    }
  }

  async #closeWriters(): Promise<void> {
    for (const writer of this.#writers.splice(0)) {
      // DuckDB must not be at work on a connection that is closed.
      await writer.begun.catch(() => {});
      try {
        writer.connection.closeSync();
      } catch {
        // Closing rolls back; a connection that is already gone has nothing to roll back.
      }
    }
  }
}
