import assert from "node:assert/strict";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import { Database } from "./database.ts";
import {
  type EventFilter,
  getEvent,
  lastEventId,
  listAfter,
  listArrivalsBefore,
  listEvents,
  listIdempotencyKeys,
  listStages,
  listUnpublished,
  listUnpublishedIds,
} from "./event_queries.ts";
import { newEvent, published } from "./fixtures.ts";
import { GroupCommit } from "./group_commit.ts";
import type { Enrichment } from "./rows.ts";

const MAX_UUID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** A connection to a database in memory that holds these rows. */
async function withRows(
  events: readonly GatewayEvent[],
  enrichments: readonly Enrichment[],
  test: (connection: DuckDBConnection) => Promise<void>,
): Promise<void> {
  const database = await Database.open({ path: ":memory:" });
  const commits = new GroupCommit(database);
  try {
    commits.appendEnrichments(enrichments);
    await commits.append(events);
    await commits.close();
    await test(await database.connect());
  } finally {
    database.close();
  }
}

function idsOf(events: readonly GatewayEvent[]): string[] {
  return events.map(({ id }) => formatUuid(id));
}

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

Deno.test("listStages lists what became of an event, and an event without frame stays unpublished", async () => {
  const [event, other] = [newEvent(), newEvent()];
  const inferred: Enrichment = {
    ...published(event, 0),
    doneUs: 5,
    stage: "infer",
    frameId: null,
    ringGeneration: null,
    result: '{"type":"Question"}',
    error: "timed out",
  };
  await withRows([event, other], [published(other, 1), inferred], async (connection) => {
    assert.deepEqual(await listStages(connection, formatUuid(event.id)), [{
      stage: "infer",
      doneUs: 5,
      frameId: null,
      ringGeneration: null,
      result: '{"type":"Question"}',
      error: "timed out",
    }]);
    assert.deepEqual(await listStages(connection, formatUuid(other.id)), [{
      stage: "publish",
      doneUs: other.receivedUs + 1,
      frameId: 1,
      ringGeneration: 2n ** 63n + 1n,
      result: null,
      error: null,
    }]);
    const unpublished = await listUnpublished(connection, NIL_UUID, 10);
    assert.deepEqual(unpublished.map(({ id }) => id), idsOf([event]));
  });
});

Deno.test("listUnpublished finds every event without a frame, oldest first, across its windows", async () => {
  const events = Array.from({ length: 1_000 }, () => newEvent());
  const isPublished = (index: number) => index < 700 || index % 3 === 0;
  const frames = events.flatMap((event, i) => isPublished(i) ? [published(event, i)] : []);
  const expected = idsOf(events.filter((_, i) => !isPublished(i)));
  await withRows(events, frames, async (connection) => {
    for (const limit of [1_000, 7]) {
      const seen: string[] = [];
      while (true) {
        const page = await listUnpublished(connection, seen.at(-1) ?? NIL_UUID, limit);
        if (page.length === 0) break;
        assert.ok(page.length <= limit, `${page.length} events`);
        seen.push(...page.map(({ id }) => id));
      }
      assert.deepEqual(seen, expected);
    }
    assert.deepEqual(await listUnpublishedIds(connection, NIL_UUID, 1_000), expected);
    assert.deepEqual(await listUnpublishedIds(connection, expected[1]!, 2), expected.slice(2, 4));
    assert.deepEqual(await listUnpublished(connection, MAX_UUID, 10), []);
  });
});

Deno.test("listAfter lists events from an id on, oldest first", async () => {
  const events = Array.from({ length: 5 }, () => newEvent());
  const ids = idsOf(events);
  await withRows(events, [], async (connection) => {
    const listed = await listAfter(connection, ids[1]!, 2);
    assert.deepEqual(listed.map(({ id }) => id), [ids[2], ids[3]]);
  });
});

Deno.test("listArrivalsBefore lists the newest arrivals before an event, oldest first", async () => {
  const events = [
    newEvent({ conversation_id: "a" }, 1),
    newEvent({ conversation_id: "b" }, 2),
    newEvent({}, 3),
    newEvent({ conversation_id: "a" }, 4),
  ];
  await withRows(events, [], async (connection) => {
    assert.deepEqual(await listArrivalsBefore(connection, formatUuid(events[3]!.id), 2), [
      { conversationId: "b", receivedUs: 2 },
      { conversationId: null, receivedUs: 3 },
    ]);
  });
});

Deno.test("listIdempotencyKeys lists the newest keys, oldest first", async () => {
  const events = [
    newEvent({ type: "A", id: "first" }, 1),
    newEvent({ type: "B", id: "second" }, 2),
    newEvent({ type: "C" }, 3),
    newEvent({ type: "D", id: "third" }, 4),
  ];
  const ids = idsOf(events);
  await withRows(events, [], async (connection) => {
    assert.deepEqual(await listIdempotencyKeys(connection, NIL_UUID, 2), [
      { key: "id:second", id: ids[1], type: "B", receivedUs: 2 },
      { key: "id:third", id: ids[3], type: "D", receivedUs: 4 },
    ]);
    const afterSecond = await listIdempotencyKeys(connection, ids[1]!, 10);
    assert.deepEqual(afterSecond.map(({ key }) => key), ["id:third"]);
  });
});

Deno.test("lastEventId is the newest event's, null in an empty store", async () => {
  const events = [newEvent(), newEvent()];
  await withRows([], [], async (connection) => {
    assert.equal(await lastEventId(connection), null);
  });
  await withRows(events, [], async (connection) => {
    assert.equal(await lastEventId(connection), formatUuid(events[1]!.id));
  });
});
