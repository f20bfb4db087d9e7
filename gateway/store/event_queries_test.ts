import assert from "node:assert/strict";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import { lastEventId, listArrivalsBefore, listIdempotencyKeys } from "./event_queries.ts";
import { idsOf, newEvent, withRows } from "./fixtures.ts";

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
