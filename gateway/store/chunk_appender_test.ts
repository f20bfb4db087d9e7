import assert from "node:assert/strict";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { formatUuid } from "../event/uuid_v7.ts";
import { ChunkAppender, type ColumnType } from "./chunk_appender.ts";

const COLUMNS: readonly ColumnType[] = [
  "uuid",
  "timestamptz",
  "bigint",
  "ubigint",
  "boolean",
  "varchar",
  "varchar",
];

interface Row {
  readonly id: Uint8Array;
  /** Unix µs. */
  readonly atUs: number | null;
  readonly signed: number | null;
  readonly unsigned: bigint | null;
  readonly flag: boolean;
  readonly text: string | null;
  /** Appended as UTF-8. */
  readonly raw: string;
}

const ROW: Row = {
  id: new Uint8Array(16),
  atUs: 0,
  signed: 0,
  unsigned: 0n,
  flag: false,
  text: "",
  raw: "",
};

const TEXTS = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  // Around the longest string that lies in the vector itself, in bytes of ASCII and of more.
  fc.integer({ min: 0, max: 14 }).map((length) => "a".repeat(length)),
  fc.integer({ min: 2, max: 8 }).map((length) => "é".repeat(length)),
  fc.constantFrom("日本語のテキスト", "😀😀😀", "ASCII, then é", "null\0inside"),
);

const ROWS: fc.Arbitrary<Row> = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  atUs: fc.option(fc.maxSafeInteger()),
  signed: fc.option(fc.maxSafeInteger()),
  unsigned: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  flag: fc.boolean(),
  text: fc.option(TEXTS),
  raw: TEXTS,
});

/** An appender to an empty table, in a database in memory. */
async function withAppender(
  test: (appender: ChunkAppender, connection: DuckDBConnection) => Promise<void>,
): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    await connection.run(
      `CREATE TABLE t (id UUID, received_at TIMESTAMPTZ, signed BIGINT, unsigned UBIGINT, flag BOOLEAN,
        text VARCHAR, raw VARCHAR)`,
    );
    await test(await ChunkAppender.open(connection, "t", COLUMNS), connection);
  } finally {
    instance.closeSync();
  }
}

function append(appender: ChunkAppender, row: Row): void {
  appender.setUuid(0, row.id);
  appender.setInt64(1, row.atUs);
  appender.setInt64(2, row.signed);
  appender.setUint64(3, row.unsigned);
  appender.setBoolean(4, row.flag);
  appender.setText(5, row.text);
  appender.setUtf8(6, new TextEncoder().encode(row.raw));
  appender.endRow();
}

async function assertTableHolds(connection: DuckDBConnection, rows: readonly Row[]) {
  const reader = await connection.runAndReadAll(
    "SELECT id::VARCHAR, epoch_us(received_at), signed, unsigned, flag, text, raw FROM t ORDER BY rowid",
  );
  assert.deepEqual(
    reader.getRows(),
    rows.map(({ id, atUs, signed, unsigned, flag, text, raw }) => [
      formatUuid(id),
      atUs === null ? null : BigInt(atUs),
      signed === null ? null : BigInt(signed),
      unsigned,
      flag,
      text,
      raw,
    ]),
  );
}

Deno.test("ChunkAppender appends any rows as they are", async () => {
  await withAppender(async (appender, connection) => {
    const batches = fc.array(ROWS, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(batches, async (rows) => {
        for (const row of rows) append(appender, row);
        appender.flush();
        await assertTableHolds(connection, rows);
        await connection.run("TRUNCATE t");
      }),
      { numRuns: 60 },
    );
  });
});

Deno.test("ChunkAppender goes on with a new vector when one is full", async () => {
  await withAppender(async (appender, connection) => {
    const rows = Array.from({ length: 5_000 }, (_, i): Row => ({
      ...ROW,
      signed: i,
      // The nulls of one vector must not show in the next.
      text: i < 2_048 && i % 3 === 0 ? null : `row number ${i}`,
    }));
    for (const row of rows) append(appender, row);
    appender.flush();
    await assertTableHolds(connection, rows);
  });
});

Deno.test("ChunkAppender begins a new vector before its strings outgrow the slab", async () => {
  await withAppender(async (appender, connection) => {
    // Short enough to be copied into the slab, 6 MB in all.
    const rows = Array.from({ length: 150 }, (_, i): Row => ({
      ...ROW,
      text: String.fromCharCode(97 + i % 26).repeat(20_000),
      raw: String.fromCharCode(65 + i % 26).repeat(20_000 + i),
    }));
    for (const row of rows) append(appender, row);
    appender.flush();
    await assertTableHolds(connection, rows);
  });
});

Deno.test("ChunkAppender appends long strings from where they lie", async () => {
  await withAppender(async (appender, connection) => {
    const rows = [65_535, 65_536, 65_537, 300_000].map((length, i): Row => ({
      ...ROW,
      text: `${i}${"é".repeat(length / 2)}`,
      raw: `${i}`.repeat(length),
    }));
    for (const row of rows) append(appender, row);
    appender.flush();
    await assertTableHolds(connection, rows);
  });
});

Deno.test("ChunkAppender appends nothing that a transaction takes back", async () => {
  await withAppender(async (appender, connection) => {
    await connection.run("BEGIN");
    append(appender, ROW);
    appender.flush();
    await assertTableHolds(connection, [ROW]);
    await connection.run("ROLLBACK");
    await assertTableHolds(connection, []);
  });
});
