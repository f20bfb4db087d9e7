import { conversationHash } from "../../collider/conversation_hash.ts";
import { EMBEDDER, EMBEDDING_DIMENSIONS } from "../../collider/layout.ts";
import type { RingMatch, RingSearchFilter } from "../../ffi/ring_search.ts";
import type { TextVectors } from "../../models/embed_client.ts";
import type { SchemaRegistry } from "../event/schema_registry.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import type { SearchFilter, TextMatch } from "../store/text_search.ts";

/** How events are compared with what is asked for. */
export const SEARCH_MODES = ["hybrid", "vector", "text"] as const;
export type SearchMode = typeof SEARCH_MODES[number];

/** What is searched for. */
export interface SearchRequest {
  readonly text: string;
  /** Results at most. */
  readonly limit: number;
  readonly mode: SearchMode;
  readonly filter: SearchFilter;
}

/** An event that was found. */
export interface SearchResult {
  readonly event: StoredEvent;
  /** The higher, the better; comparable within one answer only. */
  readonly score: number;
  /** Similarity of the embeddings, -1 to 1; null if it was not found by it. */
  readonly cosine: number | null;
  /** Rank by words; null if it was not found by them. */
  readonly bm25: number | null;
}

/** What the search works with. */
export interface SearchParts {
  readonly store: {
    searchText(text: string, limit: number, filter: SearchFilter): Promise<TextMatch[]>;
    eventsByIds(ids: readonly string[]): Promise<StoredEvent[]>;
  };
  readonly ring: {
    search(
      query: Float32Array<ArrayBuffer>,
      limit: number,
      filter: RingSearchFilter,
    ): Promise<RingMatch[]>;
  };
  readonly embedder: { vectors(texts: readonly string[]): Promise<TextVectors> };
  readonly schemas: Pick<SchemaRegistry, "get">;
}

/** Of each kind of search, as many results are put together. */
const FUSED_RESULTS = 100;
/** Reciprocal rank fusion's constant: how little the first ranks stand out. */
const RANK_OFFSET = 60;

interface Found {
  cosine: number | null;
  bm25: number | null;
  fused: number;
}

/**
 * Finds events by what they mean and by their words. The ring is the index of meanings: it has the
 * embeddings of as many of the newest events as it has frames.
 */
export class EventSearch {
  readonly #parts: SearchParts;
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /**
   * The events that fit best, best first.
   *
   * @throws {ModelError} if the text can't be embedded
   */
  async search(request: SearchRequest): Promise<SearchResult[]> {
    const { text, mode, limit, filter } = request;
    const depth = mode === "hybrid" ? Math.max(limit, FUSED_RESULTS) : limit;
    const [near, worded] = await Promise.all([
      mode === "text" ? [] : this.#nearest(text, depth, filter),
      mode === "vector" ? [] : this.#parts.store.searchText(text, depth, filter),
    ]);
    const found = new Map<string, Found>();
    const entry = (id: string) => {
      const known = found.get(id) ?? { cosine: null, bm25: null, fused: 0 };
      found.set(id, known);
      return known;
    };
    for (const [rank, { eventId, cosine }] of near.entries()) {
      const event = entry(formatUuid(eventId));
      event.cosine = cosine;
      event.fused += 1 / (RANK_OFFSET + rank + 1);
    }
    for (const [rank, { id, score }] of worded.entries()) {
      const event = entry(id);
      event.bm25 = score;
      event.fused += 1 / (RANK_OFFSET + rank + 1);
    }
    return await this.#results(found, request);
  }

  /** Waits for what is under way: the ring may be closed then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#running);
  }

  async #nearest(text: string, limit: number, filter: SearchFilter): Promise<RingMatch[]> {
    const ringFilter = this.#ringFilter(filter);
    if (ringFilter === null) return [];
    const { embedder, vectors: [vector] } = await this.#parts.embedder.vectors([text]);
    if (embedder === EMBEDDER.none || this.#isClosed) return [];
    const query = new Float32Array(EMBEDDING_DIMENSIONS);
    query.set(vector!);
    const search = this.#parts.ring.search(query, limit, { ...ringFilter, embedder });
    this.#running.add(search);
    return await search.finally(() => this.#running.delete(search));
  }

  /** The filter in a frame's terms; null if no event can be of the type. */
  #ringFilter({ type, conversationId, sinceUs, untilUs }: SearchFilter): RingSearchFilter | null {
    const schema = type === undefined ? undefined : this.#parts.schemas.get(type);
    if (type !== undefined && schema === undefined) return null;
    return {
      ...(sinceUs === undefined ? {} : { sinceUs }),
      ...(untilUs === undefined ? {} : { untilUs }),
      ...(schema === undefined ? {} : { intentId: schema.id }),
      ...(conversationId === undefined
        ? {}
        : { conversationHash: conversationHash(conversationId) }),
    };
  }

  async #results(
    found: ReadonlyMap<string, Found>,
    { mode, limit }: SearchRequest,
  ): Promise<SearchResult[]> {
    const scoreOf = ({ cosine, bm25, fused }: Found) =>
      mode === "hybrid" ? fused : (mode === "vector" ? cosine : bm25) ?? 0;
    const best = Array.from(found, ([id, event]) => ({ id, ...event, score: scoreOf(event) }))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1))
      .slice(0, limit);
    if (best.length === 0) return [];
    const events = await this.#parts.store.eventsByIds(best.map(({ id }) => id));
    const byId = new Map(events.map((event) => [event.id, event]));
    return best.flatMap(({ id, score, cosine, bm25 }) => {
      const event = byId.get(id);
      // A ring may outlive the database that its events are in.
      return event === undefined ? [] : [{ event, score, cosine, bm25 }];
    });
  }
}
