import { z } from "@hono/zod-openapi";
import type { EventFeed, PublishedEvent } from "../pipeline/event_feeds.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import { TooManySubscribersError } from "./errors.ts";
import { LiveEvent } from "./live_event.ts";

/** Which events a client follows. All conditions must hold. */
export const LiveQuery = z.strictObject({
  type: z.string().optional(),
  conversation_id: z.string().optional(),
  q: z.string().min(1).max(1_000).optional()
    .openapi({ description: "Text that the payload contains, in any case." }),
});
export type LiveFilter = z.infer<typeof LiveQuery>;

/** What a client gets at once; nothing at all says that the connection lives. */
export interface LiveBatch {
  readonly events: readonly LiveEvent[];
  /** Events left out before these, because the client was too slow. */
  readonly dropped: number;
}

const MAX_EVENTS_AT_ONCE = 64;
const REPLAY_PAGE_EVENTS = 256;
const KEEP_ALIVE_INTERVAL_MS = 15_000;

/**
 * The events that a client follows: those after the one that it has seen last, from the store, then
 * those that are being published.
 */
export class LiveEvents implements Disposable {
  readonly #pipeline: Pipeline;
  readonly #filter: LiveFilter;
  readonly #feed: EventFeed;
  /** Up to which event all were published when the client came; later ones come live. */
  readonly #publishedThrough: string | null;
  #lastId: string | null;
  #isReplaying: boolean;

  /**
   * @param lastId the id of the event that the client has seen last
   * @throws {TooManySubscribersError} if there are too many clients
   */
  constructor(pipeline: Pipeline, filter: LiveFilter, lastId: string | null) {
    this.#pipeline = pipeline;
    this.#filter = filter;
    this.#lastId = lastId;
    this.#isReplaying = lastId !== null;
    this.#publishedThrough = pipeline.lastPublishedId;
    const feed = pipeline.feeds.subscribe((event) => isWanted(event, filter));
    if (feed === null) throw new TooManySubscribersError();
    this.#feed = feed;
  }

  /** Waits for the next events; null when there will be no more. */
  async next(): Promise<LiveBatch | null> {
    if (this.#isReplaying) {
      const events = await this.#replay();
      if (events.length > 0) {
        return { events: events.map((event) => new LiveEvent(event)), dropped: 0 };
      }
    }
    const batch = await this.#feed.take(MAX_EVENTS_AT_ONCE, KEEP_ALIVE_INTERVAL_MS);
    if (batch === null) return null;
    const lastId = this.#lastId ?? "";
    // The replay may have come so far.
    const events = batch.events.map(LiveEvent.of).filter(({ id }) => id > lastId);
    return { events, dropped: batch.dropped };
  }

  [Symbol.dispose](): void {
    this.#feed.close();
  }

  /** The next events that were published before the client came; none when it has got them all. */
  async #replay(): Promise<StoredEvent[]> {
    const through = this.#publishedThrough ?? "";
    while (this.#isReplaying) {
      const page = await this.#pipeline.store.listEvents({
        limit: REPLAY_PAGE_EVENTS,
        order: "asc",
        afterId: this.#lastId!,
        type: this.#filter.type,
        conversationId: this.#filter.conversation_id,
        contains: this.#filter.q,
      });
      const isPublished = ({ id, frameId }: StoredEvent) => id <= through || frameId !== null;
      const events = page.filter(isPublished);
      this.#isReplaying = page.length > 0 && events.length === page.length;
      if (events.length === 0) break;
      this.#lastId = events.at(-1)!.id;
      return events;
    }
    return [];
  }
}

function isWanted(published: PublishedEvent, { type, conversation_id, q }: LiveFilter): boolean {
  const { event } = published;
  if (type !== undefined && event.type !== type) return false;
  if (conversation_id !== undefined && event.conversationId !== conversation_id) return false;
  return q === undefined || LiveEvent.of(published).contains(q);
}
