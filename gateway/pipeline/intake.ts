import { setTimeout as delay } from "node:timers/promises";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid, type UuidV7 } from "../event/uuid_v7.ts";
import { StoreUnavailableError } from "../store/errors.ts";
import type { Store } from "../store/store.ts";
import { nowUs } from "./clock.ts";
import { DEFAULT_MAX_KEYS, type FirstAnswer, type IdempotencyWindow } from "./idempotency.ts";
import type { Metrics } from "./metrics.ts";
import type { PendingEvents } from "./pending_events.ts";
import type { Schemas } from "./schemas.ts";
import type { TypeNamer } from "./type_namer.ts";

/** What became of an event that was sent. */
export interface Accepted extends FirstAnswer {
  /** Whether it was known by its idempotency key, and so not stored again. */
  readonly duplicate: boolean;
}

/** What the intake works with. */
export interface IntakeParts {
  readonly ids: UuidV7;
  readonly store: Pick<Store, "append" | "eventsByIds" | "isCrowded">;
  readonly schemas: Pick<Schemas, "learn">;
  readonly pending: Pick<PendingEvents, "offer" | "doubt" | "isCrowded">;
  readonly idempotency: IdempotencyWindow;
  readonly metrics: Metrics;
  /** What names events that come without a type; null if nothing does. */
  readonly namer: TypeNamer | null;
  /** How long the answer to such an event waits for its name, ms; 0 = not at all. */
  readonly inferTimeoutMs: number;
  /** Whether frames can still be published. */
  readonly canPublish: () => boolean;
}

const CROWDED_WAIT_MS = 2;

/** Takes events in: gives them their ids, has them stored, learns their types, queues their frames. */
export class Intake {
  readonly #parts: IntakeParts;
  /** Ids of events that were refused, but may be stored nevertheless, by their idempotency keys. */
  readonly #doubtedIds = new Map<string, string>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /**
   * Stores an event under a new id; resolves when it is durable.
   *
   * @throws {StoreBusyError | StoreUnavailableError} if it is not stored
   */
  async accept(event: GatewayEvent): Promise<Accepted> {
    const settling = this.#settleDoubts([event]);
    if (settling !== null) await settling;
    const first = this.#findTwin(event);
    if (first !== undefined) {
      const answer = await first;
      this.#parts.metrics.eventsDuplicate.inc();
      return { ...answer, duplicate: true };
    }
    await this.#keep([event]);
    const type = event.typed ? event.type : await this.#nameOf(event);
    return { ...firstAnswer(event), type, duplicate: false };
  }

  /**
   * Stores events together, under new ids; resolves when all of them are durable.
   *
   * @returns how many of them were duplicates, and so not stored again
   * @throws {StoreBusyError | StoreUnavailableError} if none of them is stored
   */
  async acceptBatch(events: readonly GatewayEvent[]): Promise<number> {
    // An event whose twin turns out not to be stored is no duplicate.
    for (let unsettled; (unsettled = this.#unsettled(events)).length > 0;) {
      await Promise.all(unsettled);
    }
    const inBatch = new Set<string>();
    const fresh = events.filter((event) => {
      const key = event.idempotencyKey;
      if (key === null) return true;
      if (this.#findTwin(event) !== undefined || inBatch.has(key)) return false;
      inBatch.add(key);
      return true;
    });
    if (fresh.length > 0) await this.#keep(fresh);
    const duplicates = events.length - fresh.length;
    this.#parts.metrics.eventsDuplicate.inc(duplicates);
    return duplicates;
  }

  /** Resolves when a batch of events can be taken: without falling behind, and with room for others. */
  async roomForBatch(): Promise<void> {
    const { store, pending, canPublish } = this.#parts;
    while (store.isCrowded || (pending.isCrowded && canPublish())) await delay(CROWDED_WAIT_MS);
  }

  /** The name of an event without one, if it comes while its sender waits. */
  async #nameOf(event: GatewayEvent): Promise<string> {
    const { namer, inferTimeoutMs } = this.#parts;
    if (namer === null || inferTimeoutMs === 0) return event.type;
    return await namer.nameWithin(event, inferTimeoutMs) ?? event.type;
  }

  /** The answer to the event that has the same idempotency key. */
  #findTwin(event: GatewayEvent): Promise<FirstAnswer> | undefined {
    if (event.idempotencyKey === null) return undefined;
    return this.#parts.idempotency.find(event.idempotencyKey, event.receivedUs / 1000);
  }

  /** What to wait for until it is known which of the events have twins that are stored. */
  #unsettled(events: readonly GatewayEvent[]): Promise<unknown>[] {
    const unsettled: Promise<unknown>[] = [];
    for (const { idempotencyKey: key, receivedUs } of events) {
      if (key === null) continue;
      const answer = this.#parts.idempotency.findUnderWay(key, receivedUs / 1000);
      if (answer !== undefined) unsettled.push(answer.catch(() => {}));
    }
    const settling = this.#settleDoubts(events);
    if (settling !== null) unsettled.push(settling);
    return unsettled;
  }

  /**
   * Asks the store for events that were refused although they may be stored, before others with the
   * same keys are taken in.
   *
   * @returns null if there are none
   */
  #settleDoubts(events: readonly GatewayEvent[]): Promise<void> | null {
    if (this.#doubtedIds.size === 0) return null;
    const doubts = new Map<string, string>();
    for (const { idempotencyKey: key } of events) {
      const id = key === null ? undefined : this.#doubtedIds.get(key);
      if (id !== undefined) doubts.set(id, key!);
    }
    return doubts.size === 0 ? null : this.#settle(doubts);
  }

  /**
   * @param doubts keys by the ids
   * @throws {StoreUnavailableError} if the store can't be read
   */
  async #settle(doubts: ReadonlyMap<string, string>): Promise<void> {
    const { store, idempotency } = this.#parts;
    const stored = await store.eventsByIds([...doubts.keys()]).catch((cause) => {
      throw new StoreUnavailableError("nobody can tell whether the event is stored", { cause });
    });
    for (const { id, type, receivedUs } of stored) {
      idempotency.remember(doubts.get(id)!, Promise.resolve({ id, type }), receivedUs / 1000);
    }
    for (const [id, key] of doubts) {
      if (this.#doubtedIds.get(key) === id) this.#doubtedIds.delete(key);
    }
  }

  #doubt(events: readonly GatewayEvent[]): void {
    this.#parts.pending.doubt(events.at(-1)!.id);
    for (const { idempotencyKey: key, id } of events) {
      if (key === null) continue;
      this.#doubtedIds.set(key, formatUuid(id));
      if (this.#doubtedIds.size <= DEFAULT_MAX_KEYS) continue;
      const [oldest] = this.#doubtedIds.keys();
      this.#doubtedIds.delete(oldest!);
    }
  }

  async #keep(events: readonly GatewayEvent[]): Promise<void> {
    // In one turn of the event loop: ids ascend in the order of storage.
    for (const event of events) this.#parts.ids.next(event.receivedUs / 1000, event.id);
    const stored = this.#parts.store.append(events);
    for (const event of events) {
      if (event.idempotencyKey === null) continue;
      const answer = stored.then(() => firstAnswer(event));
      this.#parts.idempotency.remember(event.idempotencyKey, answer, event.receivedUs / 1000);
    }
    try {
      await stored;
    } catch (cause) {
      // On a full disk they may be there nevertheless: then they get their frames when it can be read.
      if (cause instanceof StoreUnavailableError) this.#doubt(events);
      throw cause;
    }
    for (const event of events) {
      this.#parts.pending.offer({ event, learned: this.#parts.schemas.learn(event) });
    }
    this.#parts.metrics.countIngested(events.length);
    this.#parts.metrics.observe("ingest", (nowUs() - events[0]!.receivedUs) / 1000);
  }
}

function firstAnswer(event: GatewayEvent): FirstAnswer {
  return { id: formatUuid(event.id), type: event.type };
}
