import { setImmediate } from "node:timers/promises";
import { LlmBusyError, LlmUnavailableError } from "../../llm/errors.ts";
import { restoreEvent, UNKNOWN_EVENT } from "../event/event.ts";
import { formatUuid, parseUuid, UuidV7 } from "../event/uuid_v7.ts";
import { type Enrichment, TYPE_STAGE } from "../store/rows.ts";
import type { Store } from "../store/store.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import { nowUs } from "./clock.ts";
import { type EventNaming, nameEvent } from "./event_naming.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** What late naming works with. */
export interface LateNamingParts {
  readonly store: Store;
  readonly naming: EventNaming;
  /** Whether the language model has failed so often that it is not asked for now. */
  readonly isModelLeftOut: () => boolean;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Before an event's second try, and after trouble with the model or the store. @default 1000 */
  readonly pauseMs?: number;
}

/** An event that is to be named. */
interface Waiting {
  /** Number of the enrichment that says that it could not be named. */
  readonly row: number;
  /** When it is tried next, on the clock of `performance.now()`. */
  dueMs: number;
  /** How long it waits if that fails. */
  pauseMs: number;
}

/** Events that are remembered; the others wait in the store. */
const MAX_WAITING_EVENTS = 1_024;
const MAX_PAGE_EVENTS = 256;
/** Between pages: whoever sends events goes first. */
const PAGE_PAUSE_MS = 200;
/** The pause is doubled each time that an event can't be named, up to this. */
const MAX_PAUSE_MS = 3_600_000;
const MAX_AGE_MS = 7 * 24 * 3_600_000;
/** How far it has come is kept after so many enrichments, so that a restart need not look through
 * everything. */
const CHECKPOINT_ROWS = 10_000;
const LOOKED_THROUGH = "late_naming_through_row";

/**
 * Names events after their frames that could not be named before them: the language model was away,
 * too slow, or asked too often. Takes first what has waited longest, one event at a time, and leaves
 * half of a minute's calls to events that have just come. One that can't be named again waits ever
 * longer; after seven days it is given up.
 *
 * Looks for such events at the start and when it is told of a failure. While there are none, it does
 * nothing at all.
 */
export class LateNaming {
  readonly #parts: LateNamingParts;
  readonly #pauseMs: number;
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer goes off, on the clock of `performance.now()`. */
  #timerMs = 0;
  #looking: Promise<void> = Promise.resolve();
  /** By the event's id, in the order in which they failed. */
  readonly #waiting = new Map<string, Waiting>();
  /** Number of the first enrichment that was not looked at; null until that is read. */
  #row: number | null = null;
  #keptRow = 0;
  #pageEvents = MAX_PAGE_EVENTS;

  constructor(parts: LateNamingParts) {
    this.#parts = parts;
    this.#pauseMs = parts.pauseMs ?? 1_000;
    this.#lookIn(0);
  }

  /** Is told what the stages have recorded. */
  notice(rows: readonly Enrichment[]): void {
    const hasFailed = rows.some(({ stage, result }) => stage === TYPE_STAGE && result === null);
    if (hasFailed) this.#lookIn(this.#pauseMs);
  }

  /** Leaves what has no name yet to the next start. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort(new Error("the gateway is stopping"));
    await this.#looking;
    await this.#keepRow().catch((cause) => this.#warn(cause));
  }

  #lookIn(waitMs: number): void {
    const timerMs = performance.now() + waitMs;
    const isSooner = this.#timer === undefined || timerMs < this.#timerMs;
    if (this.#stop.signal.aborted || !isSooner) return;
    clearTimeout(this.#timer);
    this.#timerMs = timerMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#looking.then(() => this.#look());
    }, waitMs);
  }

  async #look(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    try {
      const isLeftOut = this.#parts.isModelLeftOut();
      const waitMs = isLeftOut ? this.#pauseMs : await this.#nameSome();
      if (waitMs !== null) this.#lookIn(waitMs);
    } catch (cause) {
      // Large events don't fit into the store's memory by the hundred.
      this.#pageEvents = Math.max(this.#pageEvents >>> 2, 1);
      this.#warn(cause);
      this.#lookIn(this.#pauseMs);
    }
  }

  /** @returns when there is more to do, ms from now; null = nothing is left to do */
  async #nameSome(): Promise<number | null> {
    const found = await this.#find();
    for (const [id, event] of await this.#readDue()) {
      await setImmediate(); // requests have their turns in between
      if (event === undefined || event.type !== UNKNOWN_EVENT) this.#waiting.delete(id);
      // After a crash, the stages of an event without a frame are run once more.
      else if (event.frameId === null) this.#postpone(id);
      else if (!await this.#name(event)) return this.#pauseMs;
    }
    if (found > 0) return PAGE_PAUSE_MS;
    if (this.#waiting.size === 0) return null;
    const dueMs = Math.min(...this.#waiting.values().map((waiting) => waiting.dueMs));
    return Math.max(dueMs - performance.now(), PAGE_PAUSE_MS);
  }

  /** @returns how many more events it has found that could not be named */
  async #find(): Promise<number> {
    const { store } = this.#parts;
    this.#row ??= await this.#recallRow();
    if (this.#settledRow - this.#keptRow >= CHECKPOINT_ROWS) await this.#keepRow();
    const room = MAX_WAITING_EVENTS - this.#waiting.size;
    if (room === 0) return 0;
    await store.flushEnrichments(); // what was noticed is to be seen
    const { events, nextRow } = await store.listUnnamed({
      fromRow: this.#row,
      afterId: oldestId(),
      limit: room,
    });
    for (const { id, row } of events) {
      if (this.#waiting.has(id)) continue;
      this.#waiting.set(id, { row, dueMs: performance.now(), pauseMs: this.#pauseMs });
    }
    this.#row = nextRow;
    return events.length;
  }

  /** The events whose time has come, as they are now; undefined for those that are too old. */
  async #readDue(): Promise<(readonly [id: string, event: StoredEvent | undefined])[]> {
    const nowMs = performance.now();
    const due = this.#waiting.entries().filter(([, { dueMs }]) => dueMs <= nowMs)
      .take(this.#pageEvents).map(([id]) => id).toArray();
    if (due.length === 0) return [];
    const oldest = oldestId();
    const events = await this.#parts.store.eventsByIds(due.filter((id) => id > oldest));
    this.#pageEvents = Math.min(this.#pageEvents * 2, MAX_PAGE_EVENTS);
    const byId = new Map(events.map((event) => [event.id, event]));
    return due.map((id) => [id, byId.get(id)]);
  }

  /** @returns whether others can be named now */
  async #name(stored: StoredEvent): Promise<boolean> {
    const { naming, metrics } = this.#parts;
    const { signal } = this.#stop;
    const id = parseUuid(stored.id)!;
    try {
      const event = restoreEvent({ ...stored, id });
      const { result } = await nameEvent(naming, event, { signal, inBackground: true });
      this.#record(id, result);
      this.#waiting.delete(stored.id);
      metrics.lateNames.inc({ outcome: "named" });
      return true;
    } catch (cause) {
      if (signal.aborted || cause instanceof LlmBusyError) return false;
      this.#postpone(stored.id);
      metrics.lateNames.inc({ outcome: "failed" });
      return !(cause instanceof LlmUnavailableError);
    }
  }

  #postpone(id: string): void {
    const waiting = this.#waiting.get(id)!;
    waiting.dueMs = performance.now() + waiting.pauseMs;
    waiting.pauseMs = Math.min(waiting.pauseMs * 2, MAX_PAUSE_MS);
  }

  #record(eventId: Uint8Array, result: unknown): void {
    this.#parts.store.appendEnrichments([{
      eventIds: [eventId],
      doneUs: nowUs(),
      stage: TYPE_STAGE,
      frameId: null,
      ringGeneration: null,
      result: JSON.stringify(result),
      error: null,
    }]);
  }

  /** Number of the first enrichment that a restart has to look at. */
  get #settledRow(): number {
    const [first] = this.#waiting.values();
    return first?.row ?? this.#row ?? this.#keptRow;
  }

  async #recallRow(): Promise<number> {
    const kept = (await this.#parts.store.loadConfig()).get(LOOKED_THROUGH) ?? "0";
    this.#keptRow = Number(kept);
    return this.#keptRow;
  }

  async #keepRow(): Promise<void> {
    const { store } = this.#parts;
    const row = this.#settledRow;
    if (row === this.#keptRow) return;
    // The mark must not come before the records of what it covers.
    await store.flushEnrichments();
    await store.saveConfig(new Map([[LOOKED_THROUGH, String(row)]]));
    this.#keptRow = row;
  }

  #warn(cause: unknown): void {
    this.#parts.log.warn("events can't be named late now", { reason: (cause as Error).message });
  }
}

/** Events up to this id are given up. */
function oldestId(): string {
  return formatUuid(new UuidV7().next(Date.now() - MAX_AGE_MS));
}
