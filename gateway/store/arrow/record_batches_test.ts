import assert from "node:assert/strict";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { type RecordBatch, Table } from "apache-arrow";
import fc from "fast-check";
import { QueryFailedError } from "../errors.ts";
import { UnrepresentableValueError } from "./errors.ts";
import { arrowSchema, recordBatches } from "./record_batches.ts";

async function withConnection(use: (connection: DuckDBConnection) => Promise<void>) {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  try {
    await use(await instance.connect());
  } finally {
    instance.closeSync();
  }
}

async function batchesOf(connection: DuckDBConnection, sql: string): Promise<RecordBatch[]> {
  return await Array.fromAsync(recordBatches(await connection.stream(sql)));
}

/** A result's only column, as JSON has it. */
async function columnOf(connection: DuckDBConnection, sql: string): Promise<unknown[]> {
  const table = new Table(await batchesOf(connection, sql));
  return JSON.parse(JSON.stringify([...table.getChildAt(0) ?? []]));
}

/** Many texts are around the 12 bytes up to which DuckDB keeps them in place. */
const TEXT = fc.oneof(
  fc.string({ unit: "grapheme-ascii", minLength: 11, maxLength: 14 }),
  fc.string({ unit: "grapheme", minLength: 10, maxLength: 200 }),
);
const PLAIN = { noNullPrototype: true };
const ROW = fc.record({
  text: fc.option(TEXT),
  texts: fc.option(fc.array(fc.option(TEXT), { maxLength: 4 })),
  pairs: fc.option(fc.array(
    fc.option(fc.record({ flag: fc.option(fc.boolean()), number: fc.option(fc.integer()) }, PLAIN)),
    { maxLength: 3 },
  )),
}, PLAIN);
const ROW_TYPE = {
  text: "VARCHAR",
  texts: ["VARCHAR"],
  pairs: [{ flag: "BOOLEAN", number: "INTEGER" }],
};

Deno.test("recordBatches give nested values and nulls back, in whatever order rows are taken", async () => {
  await withConnection(async (connection) => {
    const property = fc.asyncProperty(
      fc.array(fc.option(ROW), { minLength: 1, maxLength: 50 }),
      fc.array(fc.nat(), { maxLength: 100 }),
      async (rows, picks) => {
        const order = picks.map((pick) => pick % rows.length);
        await connection.run("CREATE OR REPLACE TABLE rows (i INTEGER, value JSON)");
        await connection.run(
          `INSERT INTO rows SELECT i, json_extract($1::JSON, '$[' || i || ']')
          FROM range(${rows.length}) t(i)`,
          [JSON.stringify(rows)],
        );
        // Joined with the order, rows share what they point at, and lie in any order.
        const found = await columnOf(
          connection,
          `SELECT value FROM (
            SELECT i, from_json(value, '${JSON.stringify(ROW_TYPE)}') AS value FROM rows
          ) r JOIN (SELECT unnest(${JSON.stringify(order)}::INTEGER[]) AS i,
            generate_subscripts(${JSON.stringify(order)}::INTEGER[], 1) AS n) o ON o.i = r.i
          ORDER BY n`,
        );
        assert.deepEqual(found, order.map((i) => rows[i]));
      },
    );
    await fc.assert(property, { numRuns: 50 });
  });
});

Deno.test("recordBatches repeat what rows of a chunk share", async () => {
  await withConnection(async (connection) => {
    const sql = "SELECT {list: [1, 2, 3], text: 'longer than inline'} FROM range(5000)";
    const expected = { list: [1, 2, 3], text: "longer than inline" };
    assert.deepEqual(await columnOf(connection, sql), Array(5000).fill(expected));
  });
});

Deno.test("recordBatches merge chunks into batches of a few MiB", async () => {
  await withConnection(async (connection) => {
    const batches = await batchesOf(connection, "SELECT range AS i FROM range(1000000)");
    const rows = batches.map(({ numRows }) => numRows);
    assert.equal(rows.reduce((sum, count) => sum + count, 0), 1_000_000);
    assert.ok(Math.min(...rows.slice(0, -1)) > 500_000, `${rows}`);
    const last = batches.at(-1)!;
    assert.equal(last.getChild("i")!.get(last.numRows - 1), 999_999n);
  });
});

Deno.test("recordBatches merge chunks of any length, with their nulls", async () => {
  await withConnection(async (connection) => {
    const lengths = [3, 13, 1, 2048, 5];
    const sql = lengths.map((length) =>
      `SELECT CASE WHEN i % 3 > 0 THEN i % 2 = 0 END AS flag FROM range(${length}) t(i)`
    ).join(" UNION ALL ");
    const flags = (length: number) =>
      Array.from({ length }, (_, i) => i % 3 > 0 ? i % 2 === 0 : null);
    assert.deepEqual(await columnOf(connection, sql), lengths.flatMap(flags));
  });
});

Deno.test("recordBatches split chunks whose rows are large, down to single rows", async () => {
  await withConnection(async (connection) => {
    const sizes = async (textBytes: number) => {
      const sql = `SELECT repeat('x', ${textBytes}) AS text FROM range(20)`;
      return (await batchesOf(connection, sql)).map(({ numRows }) => numRows);
    };
    const megabytes = await sizes(1 << 20);
    assert.equal(megabytes.reduce((sum, rows) => sum + rows, 0), 20);
    assert.ok(Math.max(...megabytes) <= 3, `${megabytes}`);
    assert.deepEqual(await sizes(5 << 20), Array(20).fill(1));
  });
});

Deno.test("recordBatches of no rows are none, yet there is a schema", async () => {
  await withConnection(async (connection) => {
    const sql = "SELECT 1 AS number, ['a'] AS texts WHERE false";
    assert.deepEqual(await batchesOf(connection, sql), []);
    const schema = arrowSchema(await connection.stream(sql));
    assert.deepEqual(schema.names, ["number", "texts"]);
    assert.deepEqual(schema.fields.map(({ type }) => String(type)), ["Int32", "List<Utf8>"]);
  });
});

Deno.test("recordBatches leave zeros where values are null", async () => {
  await withConnection(async (connection) => {
    await connection.run("CREATE TABLE t AS SELECT 7 AS i, 'secret' AS text FROM range(100)");
    await connection.run("UPDATE t SET i = NULL, text = NULL");
    const [batch] = await batchesOf(connection, "FROM t");
    const [numbers, texts] = batch!.data.children;
    assert.deepEqual([batch!.numRows, numbers!.nullCount, texts!.nullCount], [100, 100, 100]);
    assert.deepEqual([...numbers!.values], Array(100).fill(0));
    assert.deepEqual([...texts!.values], []);
  });
});

Deno.test("recordBatches throw when the query fails, after what came before", async () => {
  await withConnection(async (connection) => {
    const sql =
      "SELECT CASE WHEN i < 1500000 THEN i ELSE error('broken') END FROM range(2000000) t(i)";
    const batches = recordBatches(await connection.stream(sql));
    assert.ok((await batches.next()).value.numRows > 0);
    await assert.rejects(Array.fromAsync(batches), QueryFailedError);
  });
});

Deno.test("recordBatches refuse an interval beyond what Arrow can count in nanoseconds", async () => {
  await withConnection(async (connection) => {
    const longest = await batchesOf(connection, "SELECT INTERVAL 2562047 HOUR");
    assert.equal(longest[0]!.numRows, 1);
    const sql = "SELECT INTERVAL 2562048 HOUR";
    await assert.rejects(batchesOf(connection, sql), UnrepresentableValueError);
  });
});

Deno.test("recordBatches stop fetching when the caller does", async () => {
  await withConnection(async (connection) => {
    const result = await connection.stream("SELECT * FROM range(100000000)");
    for await (const batch of recordBatches(result)) {
      assert.ok(batch.numRows > 0);
      break;
    }
    const other = await connection.runAndReadAll("SELECT 42");
    assert.deepEqual(other.getRows(), [[42]]);
  });
});
