import type { GatewayEvent } from "../event/event.ts";

/** An event whose frame is in the ring. */
export interface PublishedEvent {
  readonly event: GatewayEvent;
  readonly frameId: number;
}

/** What a subscriber gets at once. */
export interface FeedBatch {
  /** In the order of their frames. */
  readonly events: readonly PublishedEvent[];
  /** Events left out before these, because the subscriber was too slow. */
  readonly dropped: number;
}

/** Subscribers at most: each costs the publisher a look at every event. */
export const MAX_FEEDS = 256;
/** Events that wait for one subscriber, and bytes of their payloads. */
const MAX_WAITING_EVENTS = 4_096;
const MAX_WAITING_BYTES = 8 << 20;

/** Hands published events on to whoever wants to see them live, without ever waiting for anybody. */
export class EventFeeds {
  readonly #feeds = new Set<EventFeed>();
  readonly #onDropped: (events: number) => void;

  /** @param onDropped is told how many events a subscriber was too slow for */
  constructor(onDropped: (events: number) => void = () => {}) {
    this.#onDropped = onDropped;
  }

  /** Number of subscribers. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Whether there are {@linkcode MAX_FEEDS} subscribers. */
  get isFull(): boolean {
    return this.#feeds.size >= MAX_FEEDS;
  }

  /**
   * Subscribes to what is published from now on.
   *
   * @param wanted which events
   * @returns null if it {@linkcode isFull}
   */
  subscribe(wanted: (event: PublishedEvent) => boolean): EventFeed | null {
    if (this.isFull) return null;
    const feed = new EventFeed(wanted, {
      onDropped: this.#onDropped,
      onClose: () => this.#feeds.delete(feed),
    });
    this.#feeds.add(feed);
    return feed;
  }

  /** Tells all subscribers of events that have just been published, as consecutive frames. */
  publish(events: readonly Pick<PublishedEvent, "event">[], firstFrameId: number): void {
    if (this.#feeds.size === 0) return;
    for (const [i, { event }] of events.entries()) {
      const published = { event, frameId: firstFrameId + i };
      for (const feed of this.#feeds) feed.offer(published);
    }
    for (const feed of this.#feeds) feed.notify();
  }

  /** Ends all subscriptions. */
  close(): void {
    for (const feed of this.#feeds) feed.close();
  }
}

/** One subscription: a bounded queue, of which the oldest events are dropped when it is full. */
export class EventFeed implements Disposable {
  readonly #wanted: (event: PublishedEvent) => boolean;
  readonly #hooks: { onDropped: (events: number) => void; onClose: () => void };
  #waiting: PublishedEvent[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(
    wanted: (event: PublishedEvent) => boolean,
    hooks: { onDropped: (events: number) => void; onClose: () => void },
  ) {
    this.#wanted = wanted;
    this.#hooks = hooks;
  }

  /** Queues an event, if it is wanted; {@linkcode notify} must follow. */
  offer(published: PublishedEvent): void {
    if (!this.#wanted(published)) return;
    this.#waiting.push(published);
    this.#waitingBytes += published.event.payloadBytes.length;
    if (this.#waiting.length <= MAX_WAITING_EVENTS && this.#waitingBytes <= MAX_WAITING_BYTES) {
      return;
    }
    // Half of them at once: a subscriber that is too slow gets stretches without gaps, not crumbs.
    const dropped = this.#waiting.splice(0, Math.ceil(this.#waiting.length / 2));
    for (const { event } of dropped) this.#waitingBytes -= event.payloadBytes.length;
    this.#dropped += dropped.length;
    this.#hooks.onDropped(dropped.length);
  }

  /** Wakes whoever waits in {@linkcode take}. */
  notify(): void {
    if (this.#waiting.length === 0 && this.#dropped === 0 && !this.#isClosed) return;
    this.#wake?.();
    this.#wake = null;
  }

  /**
   * The next events; waits until there are some.
   *
   * @param max events at once
   * @param timeoutMs after which an empty batch is given
   * @returns null when the feed is closed
   */
  async take(max: number, timeoutMs: number): Promise<FeedBatch | null> {
    if (this.#waiting.length === 0 && this.#dropped === 0 && !this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
    }
    if (this.#isClosed) return null;
    const dropped = this.#dropped;
    this.#dropped = 0;
    const events = this.#waiting.splice(0, max);
    for (const { event } of events) this.#waitingBytes -= event.payloadBytes.length;
    return { events, dropped };
  }

  /** Ends the subscription. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#hooks.onClose();
    this.notify();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
