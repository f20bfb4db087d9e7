import assert from "node:assert/strict";
import { arrowOf, fakeEvent, idOf, numberOf } from "../../tests/tui/fake_events.ts";
import { EventPage } from "./event_page.ts";
import { EventWindow, PAGE_EVENTS } from "./event_window.ts";
import type { PageQuery } from "./gateway_client.ts";

/** A store with as many events as `total` says at the time. */
class Store {
  total: number;
  readonly queries: PageQuery[] = [];

  constructor(total: number) {
    this.total = total;
  }

  readonly page = ({ order = "desc", cursor, limit, ...rest }: PageQuery): Promise<EventPage> => {
    this.queries.push({ order, limit, ...rest, ...(cursor === undefined ? {} : { cursor }) });
    const step = order === "desc" ? -1 : 1;
    const first = cursor === undefined ? (step < 0 ? this.total : 1) : numberOf(cursor) + step;
    const numbers = Array.from({ length: limit }, (_, i) => first + i * step)
      .filter((number) => number >= 1 && number <= this.total);
    const events = numbers.map((number) => fakeEvent(number, this.total));
    return Promise.resolve(new EventPage(arrowOf(events), order));
  };
}

/** Asserts that every index in the window shows the event that its number says. */
function assertWhole(window: EventWindow): void {
  for (let i = window.first; i < window.end; i++) {
    const { id, payloadStart } = window.row(i);
    assert.equal(id, idOf(window.numberOf(i)!), `index ${i}`);
    assert.equal(payloadStart, window.payload(i));
  }
}

Deno.test("EventWindow scrolls from the newest event to the oldest, in bounded memory", async () => {
  const store = new Store(10_000);
  const window = new EventWindow(store.page);
  await window.toNewest({}, 64, store.total);
  assertWhole(window);
  let pages = 0;
  while (!window.hasOldest) {
    await window.extendAround(window.end - 10, window.end);
    assert.ok(window.end - window.first <= 14 * PAGE_EVENTS);
    assert.ok(++pages < 100);
  }
  assertWhole(window);
  assert.equal(window.numberOf(window.end - 1), 1);
});

Deno.test("EventWindow scrolls back from the oldest event to the newest", async () => {
  const store = new Store(9_999);
  const window = new EventWindow(store.page);
  await window.toOldest();
  assert.deepEqual([window.end, window.numberOf(-1)], [0, 1]);
  while (!window.hasNewest) await window.extendAround(window.first, window.first + 10);
  assertWhole(window);
  assert.equal(window.numberOf(window.first), 9_999);
});

Deno.test("EventWindow leaves indices as they are when newer events come", async () => {
  const store = new Store(500);
  const window = new EventWindow(store.page);
  await window.toNewest({}, 64, store.total);
  const { id } = window.row(10);
  store.total = 600;
  window.noteNewEvents();
  await window.extendAround(10, 30);
  await window.extendAround(10, 30);
  assert.equal(window.row(10).id, id);
  assert.equal(window.numberOf(window.first), 600);
  assertWhole(window);
});

Deno.test("EventWindow fetches nothing while what is looked at is far from its ends", async () => {
  const store = new Store(100_000);
  const window = new EventWindow(store.page);
  await window.toNewest({}, 4 * PAGE_EVENTS, store.total);
  await window.toNewest({}, 4 * PAGE_EVENTS, store.total);
  const { length } = store.queries;
  await window.extendAround(PAGE_EVENTS + 10, PAGE_EVENTS + 50);
  assert.equal(store.queries.length, length);
});

Deno.test("EventWindow drops a page that comes after somebody has gone elsewhere", async () => {
  const store = new Store(10_000);
  const late = Promise.withResolvers<void>();
  let isSlow = false;
  const window = new EventWindow(async (query) => {
    if (isSlow && query.cursor !== undefined) await late.promise;
    return await store.page(query);
  });
  await window.toNewest({}, 64, store.total);
  isSlow = true;
  const extending = window.extendAround(0, 60);
  await window.toOldest();
  late.resolve();
  await extending;
  assert.equal(window.first, -PAGE_EVENTS);
  assertWhole(window);
});

Deno.test("EventWindow asks for few events at first, and for fewer where they are large", async () => {
  const store = new Store(10_000);
  const window = new EventWindow(async (query) => {
    const page = await store.page(query);
    Object.defineProperty(page, "bytes", { value: page.length << 20 });
    return page;
  });
  await window.toNewest({}, 200, store.total);
  for (let i = 0; i < 40; i++) await window.extendAround(0, 100);
  const limits = store.queries.map(({ limit }) => limit);
  assert.deepEqual(limits.slice(0, 3), [32, 4, 4]);
  assert.ok(window.end >= 100, "what is looked at is there, however large it is");
  assert.equal(window.first, 0);
  for (let i = 0; i < 40; i++) await window.extendAround(150, 170);
  assert.ok(window.first > 0, "what is not looked at makes room");
  assertWhole(window);
});

Deno.test("EventWindow does not number what a filter leaves", async () => {
  const store = new Store(100);
  const window = new EventWindow(store.page);
  await window.toNewest({ type: "A" }, 64, store.total);
  assert.equal(window.numberOf(0), null);
  assert.deepEqual(store.queries[0]!.filter, { type: "A" });
});
