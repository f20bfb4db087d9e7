import { setImmediate } from "node:timers/promises";
import type { GatewayEvent } from "../event/event.ts";
import type { Database } from "./database.ts";
import { DurableWriter } from "./durable_writer.ts";
import { StoreBusyError, StoreUnavailableError } from "./errors.ts";
import { EVENTS } from "./table_format.ts";

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
const LARGE_GROUP_EVENTS = 64;
/** So many events at once come from a stream, which goes on for a while. */
const STREAM_BATCH_EVENTS = 256;
/** So long after them, more of it is expected. */
const STREAM_LINGER_MS = 500;
/** What streams leave of the queue is for single events, which are refused when it is full. */
const STREAM_SHARE_OF_EVENTS = 1 / 2;
const STREAM_SHARE_OF_BYTES = 1 / 4;

/** Events of this size on average take more memory than DuckDB has otherwise. */
const LARGE_EVENT_BYTES = 16 << 10;

/** After a failure, this much must fit again before the store counts as healthy. */
const MIN_PROBE_BYTES = 64 << 10;
const MAX_PROBE_BYTES = 1 << 20;

interface Waiting {
  readonly events: readonly GatewayEvent[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What goes into one transaction. */
interface Group {
  readonly waiting: readonly Waiting[];
  readonly bytes: number;
}

/** Tells those who wait for a group what became of it. */
type Answer = () => void;

/**
 * Makes events durable, many in one transaction: everything that waits goes into one, and while
 * that one commits, the next group gathers. So the cost of a disk flush is shared by as many
 * events as arrive in the time of one.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #writer: DurableWriter<GatewayEvent>;
  readonly #maxQueuedEvents: number;
  readonly #maxQueuedBytes: number;
  readonly #onCommit: GroupCommitOptions["onCommit"];
  #waiting: Waiting[] = [];
  #queuedEvents = 0;
  #queuedBytes = 0;
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();
  #failure: StoreUnavailableError | null = null;
  #failedBytes = MIN_PROBE_BYTES;
  #closed = false;
  #lastStreamMs = -Infinity;

  constructor(database: Database, options: GroupCommitOptions = {}) {
    this.#database = database;
    this.#writer = new DurableWriter(database, EVENTS);
    this.#maxQueuedEvents = options.maxQueuedEvents ?? 65_536;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 64 << 20;
    this.#onCommit = options.onCommit;
  }

  /** Events that wait for their transaction. */
  get queuedEvents(): number {
    return this.#queuedEvents;
  }

  /** Whether whoever brings many should wait. */
  get isCrowded(): boolean {
    return this.#queuedEvents > this.#maxQueuedEvents * STREAM_SHARE_OF_EVENTS ||
      this.#queuedBytes > this.#maxQueuedBytes * STREAM_SHARE_OF_BYTES;
  }

  /** Whether a stream of events comes in. */
  get isStreaming(): boolean {
    return performance.now() < this.#lastStreamMs + STREAM_LINGER_MS;
  }

  /** Why the last transaction failed; null when it succeeded. */
  get failure(): StoreUnavailableError | null {
    return this.#failure;
  }

  /**
   * Resolves when all the events are durable; they become so together or not at all.
   *
   * @throws {StoreBusyError} at once when the queue is full
   * @throws {StoreUnavailableError} when the transaction failed; then none of them is stored, as
   *   far as the database can be read: on a full disk it may have kept them and not open any more
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
    if (events.length >= STREAM_BATCH_EVENTS) this.#lastStreamMs = performance.now();
    this.#queuedEvents += events.length;
    this.#queuedBytes += bytes;
    this.#wake();
    return promise;
  }

  /**
   * After a failure, finds out whether as much can be written again: nobody may be trying, least of
   * all a load balancer that was told to send nothing.
   */
  async probe(): Promise<void> {
    if (this.#failure === null) return;
    try {
      await this.#database.use((connection) =>
        connection.run(
          "INSERT INTO config VALUES (now(), 'write_probe', repeat(' ', $1))",
          [this.#failedBytes],
        )
      );
      this.#failure = null;
    } catch {
      // The failure stands.
    }
  }

  /** Commits what waits and refuses what comes. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#writer.close();
  }

  #wake(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    await this.#gather();
    let answerLast: Answer = () => {};
    while (this.#waiting.length > 0) {
      const storing = this.#store(this.#takeGroup());
      answerLast(); // What the answers set off runs beside the commit.
      answerLast = await storing;
      if (this.#queuedEvents >= LARGE_GROUP_EVENTS) continue;
      answerLast();
      answerLast = () => {};
      await this.#gather();
    }
    // In the same turn as the loop's last look at the queue: nothing can slip in between.
    this.#isRunning = false;
  }

  /** Makes a group durable. */
  async #store({ waiting, bytes }: Group): Promise<Answer> {
    const startedMs = performance.now();
    const events = waiting.flatMap((each) => each.events);
    const areLarge = bytes > events.length * LARGE_EVENT_BYTES;
    using _resources = areLarge ? await this.#database.borrowResources() : null;
    try {
      await this.#writer.write(events);
    } catch (cause) {
      return () => {
        const detail = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
        this.#failure = new StoreUnavailableError(`the store can't write: ${detail}`, { cause });
        this.#failedBytes = Math.min(Math.max(bytes, MIN_PROBE_BYTES), MAX_PROBE_BYTES);
        for (const { reject } of waiting) reject(this.#failure);
      };
    }
    this.#failure = null;
    this.#onCommit?.({ events: events.length, durationMs: performance.now() - startedMs });
    return () => {
      for (const { resolve } of waiting) resolve();
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

  #takeGroup(): Group {
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
    this.#queuedEvents -= events;
    this.#queuedBytes -= bytes;
    return { waiting: this.#waiting.splice(0, count), bytes };
  }
}
