import assert from "node:assert/strict";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import { newEvent } from "./fixtures.ts";
import { Store } from "./store.ts";

/** A store with an event for each length of a text in it, and their ids. */
async function storeOf(...lengths: number[]) {
  const store = await Store.open({ path: ":memory:" });
  const events = lengths.map((length) => newEvent({ type: "Note", text: "x".repeat(length) }));
  await store.append(events);
  return { store, ids: events.map(({ id }) => formatUuid(id)) };
}

Deno.test("ExportStore.nextBatch takes the oldest events, so many at most, up to the last one done", async () => {
  const { store, ids } = await storeOf(1, 1, 1, 1);
  const next = (afterId: string, throughId: string) =>
    store.exports.nextBatch(afterId, throughId, { eventsMax: 2, bytesMax: 1_000 });
  assert.deepEqual(await next(NIL_UUID, ids[3]!), {
    firstEventId: ids[0],
    lastEventId: ids[1],
    eventCount: 2,
    isFull: true,
  });
  assert.deepEqual(await next(ids[1]!, ids[2]!), {
    firstEventId: ids[2],
    lastEventId: ids[2],
    eventCount: 1,
    isFull: false,
  });
  assert.equal(await next(ids[3]!, ids[3]!), null);
  await store.close();
});

Deno.test("ExportStore.nextBatch takes few large events, and one that is too large alone", async () => {
  const { store, ids } = await storeOf(400, 400, 400, 5_000, 1);
  const sizes: [count: number, isFull: boolean][] = [];
  let afterId = NIL_UUID;
  while (true) {
    const limits = { eventsMax: 100, bytesMax: 1_000 };
    const batch = await store.exports.nextBatch(afterId, ids[4]!, limits);
    if (batch === null) break;
    sizes.push([batch.eventCount, batch.isFull]);
    afterId = batch.lastEventId;
  }
  assert.deepEqual(sizes, [[2, true], [1, true], [1, true], [1, false]]);
  await store.close();
});
