import assert from "node:assert/strict";
import { eventFromPayload } from "../event/event.ts";
import { EventFeeds, MAX_FEEDS, type PublishedEvent } from "./event_feeds.ts";

const NEVER_MS = 60_000;

function events(count: number, payloadBytes = new Uint8Array(10)) {
  const event = eventFromPayload({ type: "Tick" }, payloadBytes, { receivedUs: 1 });
  return Array.from({ length: count }, () => ({ event }));
}

function frameIds(batch: { events: readonly PublishedEvent[] } | null): number[] {
  return batch!.events.map(({ frameId }) => frameId);
}

Deno.test("EventFeeds gives every subscriber the events that it wants, in order", async () => {
  const feeds = new EventFeeds();
  using all = feeds.subscribe(() => true)!;
  using even = feeds.subscribe(({ frameId }) => frameId % 2 === 0)!;
  const waiting = all.take(10, NEVER_MS);
  feeds.publish(events(4), 1);
  assert.deepEqual(frameIds(await waiting), [1, 2, 3, 4]);
  assert.deepEqual(frameIds(await even.take(1, NEVER_MS)), [2]);
  assert.deepEqual(frameIds(await even.take(10, NEVER_MS)), [4]);
});

Deno.test("A subscriber that does not keep up loses the oldest events, and is told how many", async () => {
  let dropped = 0;
  const feeds = new EventFeeds((events) => dropped += events);
  using feed = feeds.subscribe(() => true)!;
  feeds.publish(events(10_000), 0);
  const batch = await feed.take(100_000, NEVER_MS);
  assert.equal(batch!.dropped, dropped);
  assert.equal(batch!.dropped + batch!.events.length, 10_000);
  assert.ok(batch!.events.length <= 4_096);
  assert.deepEqual(frameIds(batch), frameIds(batch).map((_, i) => batch!.dropped + i));
});

Deno.test("What waits for a subscriber is bounded in bytes too", async () => {
  const feeds = new EventFeeds();
  using feed = feeds.subscribe(() => true)!;
  const large = new Uint8Array(3 << 20);
  for (let id = 0; id < 9; id++) feeds.publish(events(1, large), id);
  const batch = await feed.take(100, NEVER_MS);
  assert.ok(batch!.events.length <= 2);
  assert.equal(frameIds(batch).at(-1), 8);
});

Deno.test("take gives an empty batch after a while, and null once the feed is closed", async () => {
  const feeds = new EventFeeds();
  const feed = feeds.subscribe(() => true)!;
  assert.deepEqual(await feed.take(1, 0), { events: [], dropped: 0 });
  const waiting = feed.take(1, NEVER_MS);
  feeds.close();
  assert.equal(await waiting, null);
  assert.equal(feeds.size, 0);
});

Deno.test("EventFeeds has a bounded number of subscribers", () => {
  const feeds = new EventFeeds();
  for (let i = 0; i < MAX_FEEDS; i++) assert.ok(feeds.subscribe(() => true));
  assert.equal(feeds.subscribe(() => true), null);
});
