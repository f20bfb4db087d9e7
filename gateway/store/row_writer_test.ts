import assert from "node:assert/strict";
import { Database } from "./database.ts";
import { idsOf, newEvent, published } from "./fixtures.ts";
import { RowWriter } from "./row_writer.ts";
import { ENRICHMENTS, EVENTS, type TableFormat } from "./table_format.ts";

/** Text that one of the two ways might not keep. */
const TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "half a pair \ud83d",
  "\ude00 and the other half",
  "😀 é e\u0301 \u2028 \uffff",
  `"\\/'`,
  "\n\t\r\u001e\u001f\u007f",
  "null",
  "true",
  "123",
  '{"a":[1]}',
  "[]",
];

async function rowsOf(database: Database, table: string): Promise<string> {
  const sql = `FROM ${table} ORDER BY rowid`;
  const reader = await database.use((connection) => connection.runAndReadAll(sql));
  return JSON.stringify(reader.getRowsJson());
}

/** Writes rows, alone and among so many that they are handed to an appender. */
async function assertSameEitherWay<Row>(
  format: TableFormat<Row>,
  rows: readonly Row[],
): Promise<void> {
  const [few, many] = [
    await Database.open({ path: ":memory:" }),
    await Database.open({ path: ":memory:" }),
  ];
  const repeated = Array.from({ length: 100 }, () => rows).flat();
  const [fewWriter, manyWriter] = [
    await RowWriter.open(few, format),
    await RowWriter.open(many, format),
  ];
  for (let i = 0; i < 100; i++) await fewWriter.write(rows);
  await manyWriter.write(repeated);
  const written = await rowsOf(few, format.table);
  const count = repeated.reduce((sum, row) => sum + format.rowsOf(row), 0);
  assert.equal(JSON.parse(written).length, count);
  assert.equal(written, await rowsOf(many, format.table));
  for (const row of rows.slice(0, 2)) {
    assert.ok(await few.use((connection) => format.has(connection, row)));
  }
  await fewWriter.close();
  await manyWriter.close();
  await few.close();
  await many.close();
}

Deno.test("RowWriter writes events in the same way, be they few or many", async () => {
  await assertSameEitherWay(
    EVENTS,
    TEXTS.map((text, i) => ({
      ...newEvent({ text: text.toWellFormed() }),
      receivedUs: i === 0 ? 0 : 1_700_000_000_000_000 + i,
      type: `Type${text}`,
      typed: i % 2 === 0,
      conversationId: i % 3 === 0 ? null : text,
      idempotencyKey: i % 3 === 1 ? null : text,
      attributes: i % 3 === 2 ? null : JSON.stringify({ text }),
    })),
  );
});

Deno.test("RowWriter writes enrichments in the same way, be they few or many", async () => {
  await assertSameEitherWay(
    ENRICHMENTS,
    TEXTS.map((text, i) => ({
      ...published(newEvent(), i),
      stage: `stage${text}`,
      eventIds: Array.from({ length: 1 + i % 4 }, () => newEvent().id),
      frameId: i % 3 === 0 ? null : 2 ** 40 + i,
      ringGeneration: i % 3 === 1 ? null : 2n ** 64n - 1n - BigInt(i),
      result: i % 3 === 2 ? null : JSON.stringify({ text }),
      error: i % 2 === 0 ? null : text,
    })),
  );
});

Deno.test("RowWriter makes a row for each event of an enrichment, with its frame", async () => {
  const database = await Database.open({ path: ":memory:" });
  const events = [newEvent(), newEvent(), newEvent()];
  const writer = await RowWriter.open(database, ENRICHMENTS);
  await writer.write([{
    ...published(events[0]!, 7),
    eventIds: events.map(({ id }) => id),
  }]);
  await writer.close();
  const reader = await database.use((connection) =>
    connection.runAndReadAll("SELECT event_id::VARCHAR, frame_id::INTEGER FROM enrichments")
  );
  assert.deepEqual(reader.getRows(), idsOf(events).map((id, i) => [id, 7 + i]));
  await database.close();
});

Deno.test("RowWriter writes rows together or not at all", async () => {
  const database = await Database.open({ path: ":memory:" });
  await database.use((connection) =>
    connection.run("ALTER TABLE events ALTER conversation_id SET NOT NULL")
  );
  const events = Array.from({ length: 2_000 }, () => newEvent({ conversation_id: "c" }));
  const wrong = newEvent();
  for (const rows of [[...events.slice(0, 3), wrong], [...events, wrong]]) {
    const writer = await RowWriter.open(database, EVENTS);
    await assert.rejects(writer.write(rows), /NOT NULL/);
    await writer.close();
    assert.equal(await rowsOf(database, "events"), "[]");
  }
  await database.close();
});
