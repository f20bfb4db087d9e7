import { NIL_UUID } from "../event/uuid_v7.ts";
import { restoreEvent } from "../event/event.ts";
import { parseUuid } from "../event/uuid_v7.ts";
import type { SchemaJson } from "../event/learned_schema.ts";
import type { StoredEvent } from "../store/event_queries.ts";
import type { ExportRecord, ExportStore } from "../store/export_store.ts";
import { aboxJsonLd } from "./abox.ts";
import type { DeliveryAnswer } from "./delivery.ts";
import { ontologyTurtle } from "./ontology.ts";
import { nextAttemptS } from "./retry_schedule.ts";

/** What is exported, and where to. */
export interface ExportSettings {
  /** Null = nowhere. */
  readonly webhook_url: string | null;
  readonly ontology_iri: string;
  /** Events in an export. */
  readonly export_batch_size: number;
  /** Longest time until an export of fewer events, s. */
  readonly export_interval_secs: number;
}

/** What the exporter works with. */
export interface ExporterParts {
  readonly store: ExportStore;
  readonly settings: () => ExportSettings;
  /** What was learned of the event types. */
  readonly schemas: () => readonly SchemaJson[];
  /** The newest event that is done with: later ones wait for the next export. */
  readonly throughId: () => string | null;
  readonly deliver: (url: URL, id: string, body: string) => Promise<DeliveryAnswer>;
  /** Told when a receiver does not want any more (410): nothing is sent there again. */
  readonly onGone: (url: string) => void;
  readonly onAttempt: (outcome: { readonly succeeded: boolean; readonly atMs: number }) => void;
  readonly log: { warn(message: string, fields: Record<string, string | number>): void };
  /** Milliseconds of the clock on the wall. @default `Date.now` */
  readonly nowMs?: () => number;
}

/** Exports that wait: when a receiver is away for long, events wait in the store instead. */
const PENDING_MAX = 100;
const GONE = 410;

/**
 * Hands events on to a webhook, in batches, each at least once: what is to be delivered is in the
 * store before it is sent, and is sent again until it is taken, through restarts too.
 */
export class Exporter {
  readonly #parts: ExporterParts;
  readonly #nowMs: () => number;
  #exportedThrough: string | null = null;
  #batchSinceMs: number;

  constructor(parts: ExporterParts) {
    this.#parts = parts;
    this.#nowMs = parts.nowMs ?? Date.now;
    this.#batchSinceMs = this.#nowMs();
  }

  /** Makes an export if one is due, and attempts the one that is due first. To be called often. */
  async work(): Promise<void> {
    const { webhook_url } = this.#parts.settings();
    if (webhook_url === null) return;
    await this.#makeExport(webhook_url);
    const record = await this.#parts.store.nextPending();
    if (record !== null && record.nextUs <= this.#nowMs() * 1000) await this.#attempt(record);
  }

  /**
   * Has an export delivered again that was given up, or sooner than it would be.
   *
   * @returns whether there is such an export
   */
  async retry(id: string): Promise<boolean> {
    const record = await this.#parts.store.get(id);
    if (record === null) return false;
    await this.#parts.store.recordAttempt(id, {
      state: "pending",
      httpStatus: null,
      error: "asked for again",
      nextUs: this.#nowMs() * 1000,
    });
    return true;
  }

  async #makeExport(url: string): Promise<void> {
    const { store, settings, throughId } = this.#parts;
    const { export_batch_size, export_interval_secs } = settings();
    const through = throughId();
    if (through === null || await store.countPending() >= PENDING_MAX) return;
    this.#exportedThrough ??= await store.lastExportedId() ?? NIL_UUID;
    const events = (await store.eventsAfter(this.#exportedThrough, export_batch_size))
      .filter(({ id }) => id <= through);
    const waitedS = (this.#nowMs() - this.#batchSinceMs) / 1000;
    const isDue = events.length >= export_batch_size || waitedS >= export_interval_secs;
    if (events.length === 0 || !isDue) return;
    const lastEventId = events.at(-1)!.id;
    await store.create({
      id: crypto.randomUUID(),
      createdUs: this.#nowMs() * 1000,
      url,
      firstEventId: events[0]!.id,
      lastEventId,
      eventCount: events.length,
    });
    this.#exportedThrough = lastEventId;
    this.#batchSinceMs = this.#nowMs();
  }

  async #attempt(record: ExportRecord): Promise<void> {
    const { store, deliver, onAttempt, onGone, log } = this.#parts;
    let answer: DeliveryAnswer | null = null;
    let error: string | null = null;
    try {
      answer = await deliver(new URL(record.url), record.id, await this.#bodyOf(record));
      if (answer.status < 200 || answer.status > 299) error = `it answered ${answer.status}`;
    } catch (cause) {
      error = (cause as Error).message;
    }
    onAttempt({ succeeded: error === null, atMs: this.#nowMs() });
    const httpStatus = answer?.status ?? null;
    if (error === null) {
      return await store.recordAttempt(record.id, {
        state: "delivered",
        httpStatus,
        error,
        nextUs: null,
      });
    }
    if (httpStatus === GONE) onGone(record.url);
    const pauseS = httpStatus === GONE
      ? null
      : nextAttemptS(record.attempts + 1, answer?.retryAfterS ?? null, Math.random());
    log.warn("an export was not delivered", {
      export: record.id,
      reason: error,
      ...(pauseS === null ? {} : { again_in_s: Math.round(pauseS) }),
    });
    await store.recordAttempt(record.id, {
      state: pauseS === null ? "dead" : "pending",
      httpStatus,
      error,
      nextUs: pauseS === null ? null : Math.round((this.#nowMs() + pauseS * 1000) * 1000),
    });
  }

  async #bodyOf(record: ExportRecord): Promise<string> {
    const { store, settings, schemas } = this.#parts;
    const { ontology_iri } = settings();
    const events = await store.eventsOf(record);
    return JSON.stringify({
      ontology_ttl: ontologyTurtle(ontology_iri, schemas()),
      abox_jsonld: aboxJsonLd(ontology_iri, events.map(exported)),
      exported_at: new Date(this.#nowMs()).toISOString(),
      event_count: events.length,
    });
  }
}

function exported(stored: StoredEvent) {
  const { payload } = restoreEvent({ ...stored, id: parseUuid(stored.id)! });
  return { id: stored.id, type: stored.type, receivedUs: stored.receivedUs, payload };
}
