import { LlmBusyError, LlmUnavailableError } from "../../llm/errors.ts";
import { restoreEvent } from "../event/event.ts";
import { formatUuid, parseUuid, UuidV7 } from "../event/uuid_v7.ts";
import { type Enrichment, TYPE_STAGE } from "../store/rows.ts";
import type { Store } from "../store/store.ts";
import type { UnnamedEvent } from "../store/unnamed_events.ts";
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
  /** From an event's first failure to its next try, and after trouble of any kind. @default 1000 */
  readonly pauseMs?: number;
}

const MAX_PAGE_EVENTS = 64;
const MAX_PAGE_BYTES = 4 << 20;
/** Between pages: whoever sends events goes first. */
const PAGE_PAUSE_MS = 50;
/** The pause is doubled each time that an event fails, up to this. */
const MAX_PAUSE_MS = 3_600_000;
const MAX_AGE_MS = 7 * 24 * 3_600_000;
/** How far it has come is kept after so many enrichments, so that a restart need not look through
 * everything. */
const CHECKPOINT_ROWS = 10_000;
const LOOKED_THROUGH = "late_naming_through_row";

/**
 * Names events after their frames that could not be named before them: the language model was away,
 * too slow, or asked too often. Takes first what has waited longest, one event at a time, and leaves
 * half of the model's calls to events that have just come. One that fails again has to wait ever
 * longer; after seven days it is given up.
 *
 * Looks for such events at the start and when it is told of a failure; while there are none, it does
 * nothing at all.
 */
export class LateNaming {
  readonly #parts: LateNamingParts;
  readonly #pauseMs: number;
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer goes off, on the clock of `performance.now()`. */
  #dueMs = 0;
  #looking: Promise<void> = Promise.resolve();
  /** Number of the enrichment from which on there may be something to do; null until it is read. */
  #row: number | null = null;
  #keptRow = 0;

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
    const dueMs = performance.now() + waitMs;
    if (this.#stop.signal.aborted || this.#timer !== undefined && this.#dueMs <= dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#looking.then(() => this.#look());
    }, waitMs);
  }

  async #look(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    try {
      const isLeftOut = this.#parts.isModelLeftOut();
      const waitMs = isLeftOut ? this.#pauseMs : await this.#namePage();
      if (waitMs !== null) this.#lookIn(waitMs);
    } catch (cause) {
      this.#warn(cause);
      this.#lookIn(this.#pauseMs);
    }
  }

  /** @returns when there is more to do, ms from now; null = nothing is left to do */
  async #namePage(): Promise<number | null> {
    const { store } = this.#parts;
    this.#row ??= await this.#recallRow();
    // What was recorded must be seen: no event is named twice.
    await store.flushEnrichments();
    if (this.#row - this.#keptRow >= CHECKPOINT_ROWS) await this.#keepRow();
    const { events, nextRow } = await store.listUnnamed({
      fromRow: this.#row,
      afterId: formatUuid(new UuidV7().next(Date.now() - MAX_AGE_MS)),
      eventsMax: MAX_PAGE_EVENTS,
      bytesMax: MAX_PAGE_BYTES,
    });
    const waiting: UnnamedEvent[] = [];
    for (const unnamed of events) {
      if (this.#waitMs(unnamed) > 0) waiting.push(unnamed);
      else if (!await this.#name(unnamed)) return this.#pauseMs;
    }
    this.#row = waiting[0]?.row ?? nextRow;
    if (waiting.length < events.length) return PAGE_PAUSE_MS;
    if (waiting.length === 0) return null;
    return Math.min(...waiting.map((unnamed) => this.#waitMs(unnamed)));
  }

  /** How long an event still has to wait; not above 0 if it need not. */
  #waitMs({ isPublished, attempts, failedUs }: UnnamedEvent): number {
    // After a crash, the stages of an event without a frame are run once more.
    if (!isPublished) return this.#pauseMs;
    const pauseMs = Math.min(this.#pauseMs * 2 ** (attempts - 1), MAX_PAUSE_MS);
    return failedUs / 1000 + pauseMs - nowUs() / 1000;
  }

  /** @returns whether others can be named now */
  async #name({ event: stored }: UnnamedEvent): Promise<boolean> {
    const { naming, metrics } = this.#parts;
    const { signal } = this.#stop;
    const id = parseUuid(stored.id)!;
    try {
      const event = restoreEvent({ ...stored, id });
      const { result } = await nameEvent(naming, event, { signal, inBackground: true });
      this.#record(id, JSON.stringify(result), null);
      metrics.lateNames.inc({ outcome: "named" });
      return true;
    } catch (cause) {
      if (signal.aborted || cause instanceof LlmBusyError) return false;
      this.#record(id, null, (cause as Error).message);
      metrics.lateNames.inc({ outcome: "failed" });
      return !(cause instanceof LlmUnavailableError);
    }
  }

  #record(eventId: Uint8Array, result: string | null, error: string | null): void {
    this.#parts.store.appendEnrichments([{
      eventId,
      doneUs: nowUs(),
      stage: TYPE_STAGE,
      frameId: null,
      ringGeneration: null,
      result,
      error,
    }]);
  }

  async #recallRow(): Promise<number> {
    const kept = (await this.#parts.store.loadConfig()).get(LOOKED_THROUGH) ?? "0";
    this.#keptRow = Number(kept);
    return this.#keptRow;
  }

  async #keepRow(): Promise<void> {
    const { store } = this.#parts;
    const row = this.#row;
    if (row === null || row === this.#keptRow) return;
    // The mark must not come before the records of what it covers.
    await store.flushEnrichments();
    await store.saveConfig(new Map([[LOOKED_THROUGH, String(row)]]));
    this.#keptRow = row;
  }

  #warn(cause: unknown): void {
    this.#parts.log.warn("events can't be named late now", { reason: (cause as Error).message });
  }
}
