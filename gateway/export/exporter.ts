import { CircuitBreaker, type CircuitState } from "../../models/circuit_breaker.ts";
import { GatewayError } from "../event/errors.ts";
import type { SchemaRegistry } from "../event/schema_registry.ts";
import type { ExportRecord, ExportStore } from "../store/export_store.ts";
import type { DeliveryAnswer } from "./delivery.ts";
import { ExportBodies } from "./export_body.ts";
import type { ExportStart } from "./export_start.ts";
import { maskedUrl } from "./masked_url.ts";
import { nextAttemptS, PAUSE_MAX_S } from "./retry_schedule.ts";

/** What is exported, and where to. */
export interface ExportSettings {
  /** Null = nowhere. */
  readonly webhook_url: string | null;
  /** From where on, since the webhook was set. */
  readonly export_start: ExportStart;
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
  readonly registry: SchemaRegistry;
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

/** How the webhook has answered lately. */
export interface WebhookHealth {
  /** See {@linkcode CircuitState}; `open` also while it is given the pause that it has asked for. */
  readonly circuit: CircuitState;
  /** Failed deliveries in a row. */
  readonly failures: number;
  /** Until when nothing is delivered, ms since 1970; null if something may be. */
  readonly openUntilMs: number | null;
}

/** A webhook that was contacted, or is to be. */
interface Target {
  readonly url: string;
  readonly breaker: CircuitBreaker;
}

/** Nothing can be delivered: no webhook is set. */
export class NoWebhookError extends GatewayError {
  constructor() {
    super("there is no webhook to deliver to", {
      status: 409,
      code: "no_webhook",
      hint: "Set webhook_url by POST /api/config first.",
    });
  }
}

/** A webhook that has failed so often in a row is left alone for a while. */
const FAILURES_MAX = 5;
const COOL_DOWN_MS = 60_000;
/** Payloads of an export together, unless one alone is larger. */
const EXPORT_BYTES_MAX = 16 << 20;
/** Exports that wait: when a receiver is away for long, events wait in the store instead. */
const PENDING_MAX = 100;
/** Exports asked for that go before the others: of more, the oldest wait for their turn. */
const ASKED_FOR_MAX = 1_000;
const GONE = 410;
/** Answers whose `Retry-After` is about all requests, not about one alone. */
const OVERLOADED = new Set([429, 503]);

/**
 * Hands events on to a webhook, in batches, each at least once: what is to be delivered is in the
 * store before it is sent, and is sent again until it is taken, through restarts too.
 */
export class Exporter {
  readonly #parts: ExporterParts;
  readonly #bodies: ExportBodies;
  readonly #nowMs: () => number;
  /** Exports whose turn it is before all others. */
  readonly #askedFor = new Set<string>();
  /** What the exports of now belong to; null before the first. */
  #startId: string | null = null;
  #exportedThrough = "";
  #batchSinceMs: number;
  /** Of the webhook that is set: another one begins with another. */
  #target: Target | null = null;

  constructor(parts: ExporterParts) {
    this.#parts = parts;
    this.#bodies = new ExportBodies(parts.registry);
    this.#nowMs = parts.nowMs ?? Date.now;
    this.#batchSinceMs = this.#nowMs();
  }

  /**
   * Makes an export if one is due, and attempts the one that is due first. To be called often.
   *
   * @returns whether one was delivered: then there may be more to do at once
   */
  async work(): Promise<boolean> {
    const { settings, store } = this.#parts;
    const { webhook_url, export_start } = settings();
    if (webhook_url === null) return false;
    if (this.#startId !== export_start.id) await this.#begin(export_start);
    await this.#makeExport(webhook_url, export_start.id);
    const target = this.#targetAt(webhook_url);
    const asked = await this.#takeAskedFor();
    if (asked !== null) return await this.#attempt(asked, target);
    const record = await store.nextPending();
    if (record === null || record.nextUs > this.#nowMs() * 1000) return false;
    if (!target.breaker.allows(this.#nowMs())) return false;
    return await this.#attempt(record, target);
  }

  /** How the webhook has answered lately; null if none is set. */
  get health(): WebhookHealth | null {
    const { webhook_url } = this.#parts.settings();
    if (webhook_url === null) return null;
    const { breaker } = this.#targetAt(webhook_url);
    const circuit = breaker.stateAt(this.#nowMs());
    return {
      circuit,
      failures: breaker.failures,
      openUntilMs: circuit === "open" ? breaker.openUntilMs : null,
    };
  }

  /**
   * Has an export delivered again that was given up, or before its turn, whatever the webhook has
   * answered to others.
   *
   * @returns whether there is such an export
   * @throws {NoWebhookError}
   */
  async retry(id: string): Promise<boolean> {
    const { settings, store } = this.#parts;
    if (await store.get(id) === null) return false;
    if (settings().webhook_url === null) throw new NoWebhookError();
    await store.retry(id, this.#nowMs() * 1000);
    const [oldest] = this.#askedFor;
    if (this.#askedFor.size >= ASKED_FOR_MAX) this.#askedFor.delete(oldest!);
    this.#askedFor.add(id);
    return true;
  }

  async #takeAskedFor(): Promise<ExportRecord | null> {
    const [id] = this.#askedFor;
    if (id === undefined) return null;
    this.#askedFor.delete(id);
    return await this.#parts.store.get(id);
  }

  #targetAt(url: string): Target {
    if (this.#target?.url !== url) {
      const breaker = new CircuitBreaker({ failures: FAILURES_MAX, coolDownMs: COOL_DOWN_MS });
      this.#target = { url, breaker };
    }
    return this.#target;
  }

  /** Goes on where the exports since a start have come to. */
  async #begin({ id, afterId }: ExportStart): Promise<void> {
    const { store } = this.#parts;
    await store.giveUpOthers(id, "the webhook was removed, or told to begin elsewhere");
    this.#exportedThrough = await store.lastExportedId(id) ?? afterId;
    this.#startId = id;
  }

  async #makeExport(url: string, startId: string): Promise<void> {
    const { store, settings, throughId } = this.#parts;
    const { export_batch_size, export_interval_secs } = settings();
    const through = throughId();
    if (through === null || await store.countPending() >= PENDING_MAX) return;
    const batch = await store.nextBatch(this.#exportedThrough, through, {
      eventsMax: export_batch_size,
      bytesMax: EXPORT_BYTES_MAX,
    });
    const waitedS = (this.#nowMs() - this.#batchSinceMs) / 1000;
    if (batch === null || !batch.isFull && waitedS < export_interval_secs) return;
    const { firstEventId, lastEventId, eventCount } = batch;
    await store.create({
      id: crypto.randomUUID(),
      createdUs: this.#nowMs() * 1000,
      url: maskedUrl(url), // Queries show it.
      firstEventId,
      lastEventId,
      eventCount,
      startId,
    });
    this.#exportedThrough = lastEventId;
    this.#batchSinceMs = this.#nowMs();
  }

  /** @returns whether it was delivered */
  async #attempt(record: ExportRecord, target: Target): Promise<boolean> {
    const { store, deliver, onAttempt } = this.#parts;
    let answer: DeliveryAnswer | null = null;
    let error: string | null = null;
    try {
      answer = await deliver(new URL(target.url), record.id, await this.#bodyOf(record));
      if (answer.status < 200 || answer.status > 299) error = `it answered ${answer.status}`;
    } catch (cause) {
      error = (cause as Error).message;
    }
    onAttempt({ succeeded: error === null, atMs: this.#nowMs() });
    const httpStatus = answer?.status ?? null;
    if (error !== null) {
      await this.#failed(record, target, { answer, error });
      return false;
    }
    target.breaker.succeed();
    await store.recordAttempt(record.id, { state: "delivered", httpStatus, error, nextUs: null });
    return true;
  }

  async #failed(
    record: ExportRecord,
    { url, breaker }: Target,
    { answer, error }: { readonly answer: DeliveryAnswer | null; readonly error: string },
  ): Promise<void> {
    const { store, onGone, log } = this.#parts;
    const nowMs = this.#nowMs();
    const httpStatus = answer?.status ?? null;
    const retryAfterS = Math.min(answer?.retryAfterS ?? 0, PAUSE_MAX_S);
    breaker.fail(nowMs, OVERLOADED.has(httpStatus ?? 0) ? retryAfterS * 1000 : 0);
    const pauseS = httpStatus === GONE
      ? null
      : nextAttemptS(record.attempts + 1, retryAfterS, Math.random());
    log.warn("an export was not delivered", {
      export: record.id,
      reason: error,
      ...(pauseS === null ? {} : { again_in_s: Math.round(pauseS) }),
    });
    if (httpStatus === GONE) onGone(url);
    await store.recordAttempt(record.id, {
      state: pauseS === null ? "dead" : "pending",
      httpStatus,
      error,
      nextUs: pauseS === null ? null : Math.round((nowMs + pauseS * 1000) * 1000),
    });
  }

  async #bodyOf(record: ExportRecord): Promise<string> {
    const { store, settings } = this.#parts;
    const events = await store.eventsOf(record);
    return await this.#bodies.make(settings().ontology_iri, events, new Date(this.#nowMs()));
  }
}
