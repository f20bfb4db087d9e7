import assert from "node:assert/strict";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import { idsOf, newEvent, published, withRows } from "./fixtures.ts";
import { type Enrichment, TYPE_STAGE } from "./rows.ts";
import { listUnnamed, type UnnamedSearch } from "./unnamed_events.ts";

const ALL: UnnamedSearch = {
  fromRow: 0,
  afterId: NIL_UUID,
  eventsMax: 100,
  bytesMax: 1 << 20,
};

function unnamed(event: GatewayEvent, doneUs = 7): Enrichment {
  const error = "the language model is away";
  return { ...published(event, 0), doneUs, stage: TYPE_STAGE, frameId: null, error };
}

function named(event: GatewayEvent): Enrichment {
  return { ...unnamed(event), result: '{"type":"OrderPlaced"}', error: null };
}

Deno.test("listUnnamed lists the events that have no name after all, in the order in which they failed", async () => {
  const [lucky, late, twice, fresh, typed] = [
    newEvent({ a: 1 }),
    newEvent({ b: 1 }),
    newEvent({ c: 1 }),
    newEvent({ d: 1 }),
    newEvent({ type: "Known" }),
  ];
  const rows = [
    named(lucky),
    unnamed(late),
    unnamed(twice),
    published(typed, 0),
    published(twice, 1),
    unnamed(fresh, 8),
    named(late),
    unnamed(twice, 9),
  ];
  await withRows([lucky, late, twice, fresh, typed], rows, async (connection) => {
    const { events, nextRow } = await listUnnamed(connection, ALL);
    const found = events.map(({ event, ...rest }) => ({ payload: event.payload, ...rest }));
    assert.deepEqual(found, [
      { payload: '{"d":1}', row: 5, failedUs: 8, attempts: 1, isPublished: false },
      { payload: '{"c":1}', row: 7, failedUs: 9, attempts: 2, isPublished: true },
    ]);
    assert.equal(nextRow, rows.length);

    const idsFound = async (search: Partial<UnnamedSearch>) =>
      (await listUnnamed(connection, { ...ALL, ...search })).events.map(({ event }) => event.id);
    assert.deepEqual(await idsFound({ afterId: formatUuid(twice.id) }), idsOf([fresh]), "too old");
    assert.deepEqual(await idsFound({ fromRow: 6 }), idsOf([twice]));
    assert.deepEqual(await idsFound({ fromRow: 99 }), []);
  });
});

Deno.test("listUnnamed finds every event across its windows, in pages of so many events and bytes", async () => {
  const events = Array.from({ length: 1_500 }, (_, i) => newEvent({ text: "x".repeat(i % 7) }));
  const isUnnamed = (index: number) => index > 1_000 && index % 9 === 0;
  const rows = events.flatMap((event, i) => [
    isUnnamed(i) ? unnamed(event) : named(event),
    published(event, i),
  ]);
  const expected = idsOf(events.filter((_, i) => isUnnamed(i)));
  await withRows(events, rows, async (connection) => {
    for (const bounds of [{ eventsMax: 10 }, { bytesMax: 100 }, { bytesMax: 1 }]) {
      const seen: string[] = [];
      let fromRow = 0;
      while (fromRow < rows.length) {
        const page = await listUnnamed(connection, { ...ALL, ...bounds, fromRow });
        const bytes = page.events.reduce((sum, { event }) => sum + event.payload.length, 0);
        assert.ok(page.events.length <= (bounds.eventsMax ?? ALL.eventsMax));
        assert.ok(bytes <= (bounds.bytesMax ?? ALL.bytesMax) || page.events.length === 1);
        seen.push(...page.events.map(({ event }) => event.id));
        fromRow = page.nextRow;
      }
      assert.deepEqual(seen, expected);
    }
  });
});

Deno.test("listUnnamed looks past more events named in the end than it looks at at once", async () => {
  const events = Array.from({ length: 3_000 }, () => newEvent({ a: 1 }));
  const last = newEvent({ b: 1 });
  const rows = [...events.map((event) => unnamed(event)), ...events.map(named), unnamed(last)];
  await withRows([...events, last], rows, async (connection) => {
    const page = await listUnnamed(connection, ALL);
    assert.deepEqual(page.events.map(({ event }) => event.id), idsOf([last]));
  });
});
