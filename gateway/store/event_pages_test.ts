import assert from "node:assert/strict";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import type { EventFilter } from "./event_filter.ts";
import { getEvent, listEvents } from "./event_pages.ts";
import { idsOf, newEvent, published, withRows } from "./fixtures.ts";

Deno.test("getEvent gives an event back as it was stored", async () => {
  const event = newEvent(
    { type: "Message", conversation_id: "c1", text: "größer\n😀", empty: "", nothing: null },
    1_700_000_000_123_457,
  );
  await withRows([newEvent(), event], [published(event, 2 ** 40)], async (connection) => {
    assert.deepEqual(await getEvent(connection, formatUuid(event.id)), {
      id: formatUuid(event.id),
      receivedUs: 1_700_000_000_123_457,
      type: "Message",
      typed: true,
      conversationId: "c1",
      attributes: null,
      payload: new TextDecoder().decode(event.payloadBytes),
      frameId: 2 ** 40,
    });
    assert.equal(await getEvent(connection, NIL_UUID), null);
  });
});

Deno.test("listEvents lists the newest events first, those that every filter lets through", async () => {
  const events = [
    newEvent({ type: "A", conversation_id: "c1", message: "Hello" }, 1_000_000),
    newEvent({ type: "B", conversation_id: "c1", message: "100% sure" }, 2_000_000),
    newEvent({ type: "A", conversation_id: "c2", message: "hello again" }, 3_000_000),
    newEvent({ message: "o'clock" }, 4_000_000),
  ];
  const ids = idsOf(events);
  await withRows(events, [], async (connection) => {
    const found = async (filter: Partial<EventFilter>) => {
      const listed = await listEvents(connection, { limit: 10, ...filter });
      return listed.map(({ id }) => ids.indexOf(id));
    };
    assert.deepEqual(await found({}), [3, 2, 1, 0]);
    assert.deepEqual(await found({ limit: 2 }), [3, 2]);
    assert.deepEqual(await found({ type: "A" }), [2, 0]);
    assert.deepEqual(await found({ conversationId: "c1" }), [1, 0]);
    assert.deepEqual(await found({ type: "A", conversationId: "c1" }), [0]);
    assert.deepEqual(await found({ sinceUs: 2_000_000 }), [3, 2, 1]);
    assert.deepEqual(await found({ untilUs: 2_000_000 }), [0]);
    assert.deepEqual(await found({ sinceUs: 2_000_000, untilUs: 4_000_000 }), [2, 1]);
    assert.deepEqual(await found({ contains: "HELLO" }), [2, 0]);
    assert.deepEqual(await found({ contains: "0%" }), [1], "a wildcard of LIKE");
    assert.deepEqual(await found({ contains: "o'c" }), [3], "a quote");
    assert.deepEqual(await found({ type: "' OR true --" }), []);
    assert.deepEqual(await found({ afterId: ids[2]! }), [1, 0]);
  });
});

Deno.test("listEvents pages through all events, each once", async () => {
  const events = Array.from({ length: 25 }, () => newEvent());
  const frames = events.map((event, frameId) => published(event, frameId));
  await withRows(events, frames, async (connection) => {
    const seen: string[] = [];
    while (true) {
      const afterId = seen.at(-1);
      const page = await listEvents(connection, { limit: 10, afterId });
      if (page.length === 0) break;
      for (const { id, frameId } of page) {
        assert.equal(frameId, 24 - seen.length);
        seen.push(id);
      }
    }
    assert.deepEqual(seen, idsOf(events).reverse());
  });
});

Deno.test("listEvents ends a page early when its events are large", async () => {
  const events = Array.from({ length: 12 }, (_, i) => newEvent({ i, blob: "x".repeat(1 << 20) }));
  const ids = idsOf(events);
  await withRows(events, [], async (connection) => {
    const newest = await listEvents(connection, { limit: 100 });
    assert.deepEqual(newest.map(({ id }) => id), ids.slice(5).reverse());
    const rest = await listEvents(connection, { limit: 100, afterId: newest.at(-1)!.id });
    assert.deepEqual(rest.map(({ id }) => id), ids.slice(0, 5).reverse());
    const oldest = await listEvents(connection, { limit: 100, order: "asc" });
    assert.deepEqual(oldest.map(({ id }) => id), ids.slice(0, 7));
  });
});
