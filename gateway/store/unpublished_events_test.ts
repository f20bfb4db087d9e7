import assert from "node:assert/strict";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import { listStages } from "./event_queries.ts";
import { idsOf, newEvent, published, withRows } from "./fixtures.ts";
import type { Enrichment } from "./rows.ts";
import { listUnpublished, listUnpublishedIds } from "./unpublished_events.ts";

const MAX_UUID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

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

Deno.test("listUnpublished finds large events too, some of them at a time", async () => {
  const sizes = [6 << 20, 100, 3 << 20, 3 << 20, 100];
  const events = sizes.map((size) => newEvent({ type: "Blob", blob: "x".repeat(size) }));
  await withRows(events, [published(events[1]!, 0)], async (connection) => {
    const first = await listUnpublished(connection, NIL_UUID, 1_000);
    const second = await listUnpublished(connection, first.at(-1)!.id, 1_000);
    const third = await listUnpublished(connection, second.at(-1)!.id, 1_000);
    assert.deepEqual(
      [first, second, third].map((page) => page.map(({ id }) => id)),
      [idsOf(events.slice(0, 1)), idsOf(events.slice(2, 3)), idsOf(events.slice(3))],
    );
  });
});
