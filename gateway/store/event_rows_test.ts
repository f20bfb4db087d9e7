import assert from "node:assert/strict";
import { NIL_UUID } from "../event/uuid_v7.ts";
import { listAfter } from "./event_rows.ts";
import { idsOf, newEvent, withRows } from "./fixtures.ts";

Deno.test("listAfter lists events from an id on, oldest first", async () => {
  const events = Array.from({ length: 5 }, () => newEvent());
  const ids = idsOf(events);
  await withRows(events, [], async (connection) => {
    const listed = await listAfter(connection, ids[1]!, 2);
    assert.deepEqual(listed.map(({ id }) => id), [ids[2], ids[3]]);
  });
});

Deno.test("listAfter reads so many large events at once as fit into a few MiB, and at least one", async () => {
  const sizes = [100, 1 << 20, 2 << 20, 2 << 20, 6 << 20, 100, 100];
  const events = sizes.map((size) => newEvent({ type: "Blob", blob: "x".repeat(size) }));
  await withRows(events, [], async (connection) => {
    const pages: string[][] = [];
    while (pages.flat().length < events.length) {
      const afterId = pages.at(-1)?.at(-1) ?? NIL_UUID;
      pages.push((await listAfter(connection, afterId, 1_000)).map(({ id }) => id));
    }
    assert.deepEqual(pages.map(({ length }) => length), [3, 1, 1, 2]);
    assert.deepEqual(pages.flat(), idsOf(events));
    assert.deepEqual(await listAfter(connection, pages.at(-1)!.at(-1)!, 1_000), []);
  });
});
