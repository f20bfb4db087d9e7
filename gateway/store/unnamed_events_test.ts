import assert from "node:assert/strict";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import { idsOf, newEvent, published, withRows } from "./fixtures.ts";
import { type Enrichment, TYPE_STAGE } from "./rows.ts";
import { type FailureSearch, listUnnamed } from "./unnamed_events.ts";

const ALL: FailureSearch = { fromRow: 0, afterId: NIL_UUID, limit: 100 };

function unnamed(event: GatewayEvent): Enrichment {
  const error = "the language model is away";
  return { ...published(event, 0), stage: TYPE_STAGE, frameId: null, error };
}

function named(event: GatewayEvent): Enrichment {
  return { ...unnamed(event), result: '{"type":"OrderPlaced"}', error: null };
}

Deno.test("listUnnamed lists events in the order in which they could not be named", async () => {
  const events = [newEvent({ a: 1 }), newEvent({ b: 1 }), newEvent({ c: 1 })];
  const [first, second, third] = idsOf(events);
  const [a, b, c] = events as [GatewayEvent, GatewayEvent, GatewayEvent];
  const rows = [
    named(a),
    unnamed(c),
    published(a, 0),
    published(c, 1),
    unnamed(b),
    published(b, 2),
  ];
  await withRows(events, rows, async (connection) => {
    const find = (search: Partial<FailureSearch>) => listUnnamed(connection, { ...ALL, ...search });
    assert.deepEqual(await find({}), {
      events: [{ id: third, row: 1 }, { id: second, row: 4 }],
      nextRow: 6,
    });
    assert.deepEqual(await find({ limit: 1 }), { events: [{ id: third, row: 1 }], nextRow: 2 });
    assert.deepEqual((await find({ fromRow: 2 })).events, [{ id: second, row: 4 }]);
    assert.deepEqual((await find({ afterId: second! })).events, [{ id: third, row: 1 }]);
    assert.deepEqual((await find({ afterId: first! })).events.length, 2);
    assert.deepEqual(await find({ fromRow: 6 }), { events: [], nextRow: 6 });
  });
});

Deno.test("listUnnamed finds every event across its windows, each once", async () => {
  const events = Array.from({ length: 12_000 }, () => newEvent());
  const isUnnamed = (index: number) => index === 7 || index > 9_000 && index % 9 === 0;
  const rows = events.map((event, i) => isUnnamed(i) ? unnamed(event) : published(event, i));
  await withRows(events, rows, async (connection) => {
    for (const limit of [10, 1_000]) {
      const seen: string[] = [];
      let fromRow = 0;
      while (fromRow < rows.length) {
        const page = await listUnnamed(connection, { ...ALL, fromRow, limit });
        assert.ok(page.events.length <= limit);
        seen.push(...page.events.map(({ id }) => id));
        fromRow = page.nextRow;
      }
      assert.deepEqual(seen, idsOf(events.filter((_, i) => isUnnamed(i))));
    }
    const last = formatUuid(events.at(-1)!.id);
    assert.deepEqual(await listUnnamed(connection, { ...ALL, afterId: last }), {
      events: [],
      nextRow: rows.length,
    });
  });
});
