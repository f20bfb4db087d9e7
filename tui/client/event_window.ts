import type { EventPage, EventRow } from "./event_page.ts";
import type { EventFilter, PageQuery } from "./gateway_client.ts";

/** Events of a page that is fetched while scrolling, unless they are large. */
export const PAGE_EVENTS = 256;
/** Of the first page, as long as nobody knows how large they are. */
const FIRST_PAGE_EVENTS = 32;
const MIN_PAGE_EVENTS = 4;
/** What a page takes at most, if its events are as large as those of the page before. */
const PAGE_BYTES = 4 << 20;
/** What is kept besides what is looked at. */
const MAX_EVENTS = 12 * PAGE_EVENTS;
const MAX_BYTES = 64 << 20;

type FetchPage = (query: PageQuery) => Promise<EventPage>;

/**
 * The part of all events, newest first, that is in memory: a few pages around what is looked at.
 * However many there are, scrolling costs the same.
 *
 * Events have indices that stay the same while the window moves; from {@linkcode toNewest} on, 0 is
 * the newest event there was, from {@linkcode toOldest} on, -1 is the oldest.
 */
export class EventWindow {
  readonly #fetchPage: FetchPage;
  #filter: EventFilter = {};
  #pages: readonly EventPage[] = [];
  #first = 0;
  #end = 0;
  #hasNewest = true;
  #hasOldest = true;
  /** Of the moves to an end: what an older one, or a page for one, brings must not count any more. */
  #generation = 0;
  #isExtending = false;
  /** Of an event of the page that was fetched last; null before the first. */
  #meanBytes: number | null = null;
  /** Number of the event at index 0, counted from the oldest, which is 1. */
  #numberAtZero = 0;

  constructor(fetchPage: FetchPage) {
    this.#fetchPage = fetchPage;
  }

  /** Index of the newest event in memory. */
  get first(): number {
    return this.#first;
  }

  /** Index behind the oldest event in memory. */
  get end(): number {
    return this.#end;
  }

  /** Whether there was no newer event when it was looked for. */
  get hasNewest(): boolean {
    return this.#hasNewest;
  }

  /** Whether the oldest event is in memory. */
  get hasOldest(): boolean {
    return this.#hasOldest;
  }

  /**
   * The number of the event at an index, counted from the oldest, which is 1; null where a filter
   * leaves nobody knowing.
   */
  numberOf(index: number): number | null {
    return Object.keys(this.#filter).length > 0 ? null : this.#numberAtZero - index;
  }

  row(index: number): EventRow {
    const [page, at] = this.#locate(index);
    return page.row(at);
  }

  /** The JSON text of the event at an index, as it was received. */
  payload(index: number): string {
    const [page, at] = this.#locate(index);
    return page.payload(at);
  }

  /**
   * Goes to the newest events.
   *
   * @param events that are enough
   * @param total events there are
   */
  async toNewest(filter: EventFilter, events: number, total: number): Promise<void> {
    const generation = ++this.#generation;
    const limit = this.#limitOf(events);
    const page = await this.#fetch({ filter, limit });
    if (generation !== this.#generation) return;
    this.#filter = filter;
    this.#numberAtZero = total;
    this.#pages = page.length === 0 ? [] : [page];
    [this.#first, this.#end] = [0, page.length];
    [this.#hasNewest, this.#hasOldest] = [true, page.length < limit];
  }

  /** Goes to the oldest events. */
  async toOldest(): Promise<void> {
    const generation = ++this.#generation;
    const limit = this.#limitOf(PAGE_EVENTS);
    const page = await this.#fetch({ filter: this.#filter, order: "asc", limit });
    if (generation !== this.#generation) return;
    this.#numberAtZero = 0;
    this.#pages = page.length === 0 ? [] : [page];
    [this.#first, this.#end] = [-page.length, 0];
    [this.#hasNewest, this.#hasOldest] = [page.length < limit, true];
  }

  /** Says that there may be newer events than were there when it was looked. */
  noteNewEvents(): void {
    this.#hasNewest = false;
  }

  /**
   * Fetches what will soon be looked at.
   *
   * @param from index of the first event that is seen
   * @param to index behind the last one
   */
  async extendAround(from: number, to: number): Promise<void> {
    if (this.#isExtending || this.#pages.length === 0) return;
    this.#isExtending = true;
    const limit = this.#limitOf(PAGE_EVENTS);
    try {
      if (!this.#hasOldest && to + limit > this.#end) await this.#extendOlder(from, limit);
      else if (!this.#hasNewest && from - limit < this.#first) await this.#extendNewer(to, limit);
    } finally {
      this.#isExtending = false;
    }
  }

  async #extendOlder(from: number, limit: number): Promise<void> {
    const generation = this.#generation;
    const last = this.#pages.at(-1)!;
    const cursor = last.id(last.length - 1);
    const page = await this.#fetch({ filter: this.#filter, cursor, limit });
    if (generation !== this.#generation) return;
    this.#hasOldest = page.length < limit;
    if (page.length === 0) return;
    this.#pages = [...this.#pages, page];
    this.#end += page.length;
    while (this.#isTooLarge() && this.#first + this.#pages[0]!.length <= from) {
      this.#first += this.#pages[0]!.length;
      this.#pages = this.#pages.slice(1);
      this.#hasNewest = false;
    }
  }

  async #extendNewer(to: number, limit: number): Promise<void> {
    const generation = this.#generation;
    const [filter, cursor] = [this.#filter, this.#pages[0]!.id(0)];
    const page = await this.#fetch({ filter, order: "asc", cursor, limit });
    if (generation !== this.#generation) return;
    this.#hasNewest = page.length < limit;
    if (page.length === 0) return;
    this.#pages = [page, ...this.#pages];
    this.#first -= page.length;
    while (this.#isTooLarge() && this.#end - this.#pages.at(-1)!.length >= to) {
      this.#end -= this.#pages.at(-1)!.length;
      this.#pages = this.#pages.slice(0, -1);
      this.#hasOldest = false;
    }
  }

  async #fetch(query: PageQuery): Promise<EventPage> {
    const page = await this.#fetchPage(query);
    if (page.length > 0) this.#meanBytes = page.bytes / page.length;
    return page;
  }

  /** How many events to ask for: an event may carry an image of megabytes. */
  #limitOf(events: number): number {
    const most = this.#meanBytes === null ? FIRST_PAGE_EVENTS : PAGE_BYTES / this.#meanBytes;
    return Math.max(MIN_PAGE_EVENTS, Math.min(events, Math.floor(most)));
  }

  #isTooLarge(): boolean {
    const bytes = this.#pages.reduce((sum, page) => sum + page.bytes, 0);
    return this.#end - this.#first > MAX_EVENTS || bytes > MAX_BYTES;
  }

  #locate(index: number): [EventPage, number] {
    let at = index - this.#first;
    for (const page of this.#pages) {
      if (at >= 0 && at < page.length) return [page, at];
      at -= page.length;
    }
    throw new RangeError(`event ${index} is not in memory`);
  }
}
