import { setTimeout as delay } from "node:timers/promises";
import { type GatewayEvent, restoreEvent } from "../event/event.ts";
import type { Learned } from "../event/schema_registry.ts";
import { formatUuid, parseUuid } from "../event/uuid_v7.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import type { Store } from "../store/store.ts";
import { calm } from "./calm.ts";

/** An event that is stored and waits for its frame. */
export interface PendingEvent {
  readonly event: GatewayEvent;
  readonly learned: Learned;
  /** What it says, where that is more than its payload tells. */
  readonly text?: string;
}

/** Events kept in memory, and payload bytes; what is more waits in the store. */
const MAX_QUEUED_EVENTS = 4_096;
const MAX_QUEUED_BYTES = 32 << 20;
/** While a stream comes in: less than a batch of it, or its frames would hold up its next batches. */
const MAX_QUEUED_STREAM_EVENTS = 1_024;
/** With half of it, a backlog takes a third longer. */
const PAGE_EVENTS = 4_096;
/** Kept while a page is read, to go on with after the last one. */
const MAX_OVERLAP_EVENTS = 1_024;
const MAX_OVERLAP_BYTES = 8 << 20;
/** With fewer than these in memory, the next page is read: in about the time that they take. */
const READ_AHEAD_EVENTS = 2_048;
const READ_AHEAD_BYTES = 4 << 20;
const READ_RETRY_MS = 100;
/** Between two pages at most, while a stream comes in that needs the processor. */
const STREAM_PAUSE_MS = 1_000;
/** With so much of the backlog that may be, there are no such pauses: at its end the stream would wait. */
const FULL_SPEED_SHARE = 0.8;

/**
 * The queue between the commit and the frames, in the order of the ids. It never refuses and never
 * grows beyond its bounds: when it is full, it stops taking events in, and later reads them back
 * from the store, where they are anyway. A restart begins in that state, so what a crash left
 * unpublished takes the same way.
 */
export class PendingEvents {
  readonly #store: Store;
  readonly #measure: (event: GatewayEvent) => Learned;
  readonly #onUnreadable: (id: Uint8Array, cause: unknown) => void;
  readonly #onReadFailure: (cause: unknown) => void;
  readonly #calm: (maxMs: number) => Promise<void>;
  readonly #maxBacklogEvents: number;
  #queue: PendingEvent[] = [];
  #queuedBytes = 0;
  /** The last event that is, or was, in the queue. */
  #through: Uint8Array;
  /** Events after `through` are in the store and not in the queue. */
  #isBehind = true;
  /** The last event that could not be taken in, to see whether a page was the last one. */
  #lastMissed: Uint8Array | null = null;
  /** Events that could not be taken in and are not read back yet. */
  #inStore = 0;
  /** All that came since the page that is being read was asked for; null if that is too much. */
  #overlap: PendingEvent[] | null = null;
  #overlapBytes = 0;
  #reading: Promise<void> | null = null;
  #hasReadFailed = false;
  #wake: (() => void) | null = null;
  #isClosed = false;

  /**
   * @param options.through up to which event all are published
   * @param options.measure tells what the schemas know of an event read back
   * @param options.onUnreadable gets the events that can't be read back
   * @param options.onReadFailure is told when the store can't be read any more; it is tried again
   * @param options.calm resolves when there is time for what can wait, or after so many ms
   * @param options.maxBacklogEvents so many may wait, here and in the store, before whoever brings
   *   many is held back; the default takes about ten seconds to publish
   */
  constructor(options: {
    store: Store;
    through: Uint8Array;
    measure: (event: GatewayEvent) => Learned;
    onUnreadable: (id: Uint8Array, cause: unknown) => void;
    onReadFailure: (cause: unknown) => void;
    calm?: (maxMs: number) => Promise<void>;
    maxBacklogEvents?: number;
  }) {
    this.#store = options.store;
    this.#through = options.through;
    this.#measure = options.measure;
    this.#onUnreadable = options.onUnreadable;
    this.#onReadFailure = options.onReadFailure;
    this.#calm = options.calm ?? calm;
    this.#maxBacklogEvents = options.maxBacklogEvents ?? 500_000;
  }

  /** Events waiting in memory. */
  get size(): number {
    return this.#queue.length;
  }

  /** Whether so many wait, here and in the store, that whoever brings many should wait. */
  get isCrowded(): boolean {
    return this.#backlog > this.#maxBacklogEvents;
  }

  get #backlog(): number {
    return this.#queue.length + this.#inStore;
  }

  /** Whether more of them wait in the store. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Takes an event that has just been stored. */
  offer(pending: PendingEvent): void {
    // The store shows an event before its commit has returned: it may have been read back already.
    if (!isAfter(pending.event.id, this.#through)) return;
    const { payloadBytes } = pending.event;
    const { length } = this.#queue;
    const isFull = length >= MAX_QUEUED_EVENTS ||
      length >= MAX_QUEUED_STREAM_EVENTS && this.#store.isStreaming ||
      this.#queuedBytes + payloadBytes.length > MAX_QUEUED_BYTES && length > 0;
    if (this.#isBehind || isFull) {
      this.#isBehind = true;
      this.#inStore++;
      this.#lastMissed = pending.event.id;
      this.#keepInOverlap(pending);
    } else {
      this.#enqueue(pending);
    }
    this.#notify();
  }

  /** Has an event looked for of which nobody can tell now whether it was stored. */
  doubt(id: Uint8Array): void {
    if (!isAfter(id, this.#through)) return;
    this.#isBehind = true;
    this.#lastMissed = id;
    this.#overlap = null; // The page that is being read may come before it.
    this.#notify();
  }

  /**
   * The next events, oldest first; waits for at least one.
   *
   * @returns none only after {@linkcode close}, when there are no more in memory
   */
  async take(max: number): Promise<PendingEvent[]> {
    this.#readAhead();
    while (this.#queue.length === 0 && !(this.#isClosed && this.#reading === null)) {
      await (this.#reading ?? new Promise<void>((resolve) => this.#wake = resolve));
      this.#readAhead();
    }
    const taken = this.#queue.splice(0, max);
    for (const { event } of taken) this.#queuedBytes -= event.payloadBytes.length;
    return taken;
  }

  /** Forgets what waits in memory: it is in the store too, and taken after a restart. */
  drop(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#overlap = null;
  }

  /** Lets {@linkcode take} come to an end; what waits in the store is taken after a restart. */
  close(): void {
    this.#isClosed = true;
    this.#notify();
  }

  /** Has the next page read while the last one is published. */
  #readAhead(): void {
    const hasEnough = this.#queue.length >= READ_AHEAD_EVENTS ||
      this.#queuedBytes >= READ_AHEAD_BYTES;
    if (!this.#isBehind || this.#isClosed || hasEnough) return;
    this.#reading ??= this.#readBack().finally(() => this.#reading = null);
  }

  async #readBack(): Promise<void> {
    // What is being stored goes first, as long as not too many wait: these events are safe already.
    const mayWait = this.#backlog < FULL_SPEED_SHARE * this.#maxBacklogEvents;
    if (this.#store.isStreaming && mayWait) await this.#calm(STREAM_PAUSE_MS);
    const lastMissed = this.#lastMissed;
    this.#overlap = [];
    this.#overlapBytes = 0;
    const page = await this.#readPage();
    if (page === null) return;
    for (const stored of page) {
      const id = parseUuid(stored.id)!;
      try {
        const event = restoreEvent({ ...stored, id });
        this.#enqueue({ event, learned: this.#measure(event) });
      } catch (cause) {
        this.#onUnreadable(id, cause);
      }
      this.#through = id;
    }
    // What a former run left is read back too, without having been missed.
    this.#inStore = Math.max(this.#inStore - page.length, 0);
    const foundNone = page.length === 0 && this.#lastMissed === lastMissed;
    const readAll = lastMissed !== null && !isAfter(lastMissed, this.#through);
    if (foundNone || (readAll && this.#overlap !== null)) this.#goOnInMemory();
  }

  /** What was missed has been read back, but for what came meanwhile. */
  #goOnInMemory(): void {
    this.#isBehind = false;
    this.#inStore = 0;
    for (const pending of this.#overlap ?? []) {
      if (isAfter(pending.event.id, this.#through)) this.#enqueue(pending);
    }
    this.#overlap = null;
  }

  #enqueue(pending: PendingEvent): void {
    this.#queue.push(pending);
    this.#queuedBytes += pending.event.payloadBytes.length;
    this.#through = pending.event.id;
  }

  #keepInOverlap(pending: PendingEvent): void {
    if (this.#overlap === null) return;
    this.#overlap.push(pending);
    this.#overlapBytes += pending.event.payloadBytes.length;
    const isTooMuch = this.#overlap.length > MAX_OVERLAP_EVENTS ||
      this.#overlapBytes > MAX_OVERLAP_BYTES;
    if (isTooMuch) this.#overlap = null;
  }

  /** The next page; null if the store can't give it now. */
  async #readPage(): Promise<StoredEvent[] | null> {
    try {
      const page = await this.#store.listUnpublished(formatUuid(this.#through), PAGE_EVENTS);
      this.#hasReadFailed = false;
      return page;
    } catch (cause) {
      if (!this.#hasReadFailed) this.#onReadFailure(cause);
      this.#hasReadFailed = true;
      await delay(READ_RETRY_MS);
      return null;
    }
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** Whether one id is greater than another; a call of the runtime's comparison would cost more. */
function isAfter(id: Uint8Array, other: Uint8Array): boolean {
  for (let i = 0; i < id.length; i++) {
    if (id[i] !== other[i]) return id[i]! > other[i]!;
  }
  return false;
}
