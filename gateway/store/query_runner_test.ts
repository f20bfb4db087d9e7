import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBConnection } from "@duckdb/node-api";
import { QueryRefusedError, StoreUnavailableError } from "./errors.ts";
import { newEvent, temporaryDatabasePath } from "./fixtures.ts";
import { MAX_QUERY_ROWS } from "./query_runner.ts";
import { Store } from "./store.ts";

function someEvents(count: number) {
  return Array.from({ length: count }, () => newEvent());
}

const signal = new AbortController().signal;

async function rows(store: Store, sql: string, maxRows = 100): Promise<unknown[]> {
  using result = await store.queries.start(sql, { maxRows, signal });
  return (await Array.fromAsync(result.rowObjects())).flat();
}

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "collider-query-" });
  try {
    const store = await Store.open({ path: join(directory, "it's.db") });
    await store.append(someEvents(5));
    await test(store).finally(() => store.close());
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("A query reads the store, in its own order, up to a number of rows", () =>
  withStore(async (store) => {
    const sql = "SELECT i FROM (SELECT row_number() OVER (ORDER BY id)::INT AS i FROM events) ";
    assert.deepEqual(await rows(store, `${sql} ORDER BY i DESC`, 2), [{ i: 5 }, { i: 4 }]);
    assert.deepEqual(await rows(store, "SELECT count(*)::INT AS n FROM events; "), [{ n: 5 }]);
    assert.deepEqual(await rows(store, "SELECT 1 AS a;\n; "), [{ a: 1 }]);
    assert.deepEqual(await rows(store, "SELECT 1 AS a -- that's it"), [{ a: 1 }]);
    assert.deepEqual(await rows(store, "WITH x AS (FROM events) SELECT 1 AS a FROM x LIMIT 1"), [
      { a: 1 },
    ]);
    assert.equal((await rows(store, "DESCRIBE events")).length, 9);
    assert.deepEqual(await rows(store, "SELECT unnest([1, 2]) AS a"), [{ a: 1 }, { a: 2 }]);
  }));

Deno.test("A query has times in UTC, wherever the gateway runs", () =>
  withStore(async (store) => {
    const sql = "SELECT current_setting('TimeZone') AS zone, make_timestamptz(0)::VARCHAR AS epoch";
    assert.deepEqual(await rows(store, sql), [{ zone: "UTC", epoch: "1970-01-01 00:00:00+00" }]);
  }));

Deno.test("A query that does anything else than reading events is refused", async (t) => {
  const secretFile = await Deno.makeTempFile({ suffix: ".csv" });
  const file = secretFile.replaceAll("'", "''");
  const refused: [sql: string, says: RegExp][] = [
    ["INSERT INTO events SELECT * FROM events", /only statements that read/],
    ["DROP TABLE events", /only statements that read/],
    ["SELECT 1; DELETE FROM events", /only statements that read/],
    ["SELECT 1; SELECT 2", /2 statements/],
    ["", /0 statements/],
    ["COPY events TO '/tmp/x'", /only statements that read/],
    ["ATTACH '/tmp/x'", /only statements that read/],
    ["SET memory_limit = '1TB'", /only statements that read/],
    ["PRAGMA database_list", /only statements that read/],
    ["SELECT * FROM config", /"config" can't be read; there are events/],
    ["SELECT * FROM MAIN.Config", /can't be read/],
    ["SELECT (SELECT max(value) FROM config) FROM events", /can't be read/],
    ["SELECT * FROM events WHERE EXISTS (FROM config)", /can't be read/],
    ["WITH x AS (WITH config AS (SELECT 1) FROM config) FROM config", /call yours something else/],
    ["SELECT * FROM information_schema.tables", /can't be read/],
    ["SELECT * FROM system.main.duckdb_settings", /can't be read/],
    ["FROM duckdb_secrets()", /table function duckdb_secrets/],
    [`FROM read_csv('${file}')`, /table function read_csv/],
    [`FROM '${file}'`, /can't be read/],
    ["FROM query('DROP TABLE events')", /table function query/],
    ["FROM query_table('config')", /table function query_table/],
    ["FROM glob('/etc/*')", /table function glob/],
    ["SELECT nothing FROM events", /Binder Error/],
    ["SELECT\n  FROM FROM", /at line 2, column \d/],
    ["SELECT 1) UNION SELECT value FROM config --", /syntax error/],
    ["SELECT 'a'::INT", /Conversion Error/],
    ["SELECT 1; -- that's it", /^Parser Error: syntax error at or near ";"/],
  ];
  await withStore(async (store) => {
    for (const [sql, says] of refused) {
      await t.step(sql, async () => {
        await assert.rejects(rows(store, sql), (error) => {
          assert.ok(error instanceof QueryRefusedError, `${error}`);
          assert.match(error.message, says);
          return true;
        });
      });
    }
    assert.deepEqual(await rows(store, "SELECT count(*)::INT AS n FROM events"), [{ n: 5 }]);
  });
  await Deno.remove(secretFile);
});

Deno.test("Files and settings are out of reach for the whole database", () =>
  withStore(async (store) => {
    // As if something had slipped through: on a connection that checks nothing.
    const problems: string[] = [];
    const statements = [
      "FROM read_text('/etc/hostname')",
      "SET enable_external_access = true",
      "SET allowed_directories = ['/']",
      "SET GLOBAL allowed_paths = ['/etc/hostname']",
    ];
    for (const sql of statements) {
      using result = await store.queries.start("SELECT 1", { maxRows: 1, signal });
      await result.execute((connection) => connection.run(sql))
        .catch(({ message }) => problems.push(message));
    }
    assert.match(problems[0]!, /Permission Error/);
    assert.equal(problems.length, statements.length);
    for (const problem of problems.slice(1)) {
      assert.match(problem, /Cannot .* (when|while) /);
    }
  }));

Deno.test("A query that fails on a late row does not look complete", () =>
  withStore(async (store) => {
    const sql = "SELECT CASE WHEN range < 500000 THEN 1 ELSE error('late') END FROM range(600000)";
    await assert.rejects(rows(store, sql, 1_000_000), (error) => {
      assert.match((error as { code: string }).code, /^query_(failed|refused)$/);
      return true;
    });
  }));

/** Would take hours. */
const ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b";

Deno.test("A query ends when the client leaves, and the store goes on", () =>
  withStore(async (store) => {
    const client = new AbortController();
    const query = store.queries.start(ENDLESS, { maxRows: 1, signal: client.signal });
    setTimeout(() => client.abort(), 50);
    await assert.rejects(query, StoreUnavailableError);
    assert.deepEqual(await rows(store, "SELECT 1 AS a"), [{ a: 1 }]);
    const early = store.queries.start(ENDLESS, { maxRows: 1, signal: client.signal });
    await assert.rejects(early, StoreUnavailableError, "it has left already");
    const connecting = new AbortController();
    const late = store.queries.start(ENDLESS, { maxRows: 1, signal: connecting.signal });
    connecting.abort();
    await assert.rejects(late, StoreUnavailableError, "it leaves while the query is prepared");
  }));

Deno.test("A few queries run at a time, and closing the store ends them", () =>
  withStore(async (store) => {
    const queries = Array.from(
      { length: 4 },
      () => store.queries.start(ENDLESS, { maxRows: 1, signal }),
    );
    const ended = Promise.allSettled(queries);
    await assert.rejects(rows(store, "SELECT 1"), { code: "query_busy" });
    // They are in DuckDB's hands when they could connect.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await store.close();
    for (const { status } of await ended) assert.equal(status, "rejected");
  }));

Deno.test("A query that needs too much memory is refused and harms nobody", () =>
  withStore(async (store) => {
    const sql = "SELECT list(repeat('x', 1000) || range) FROM range(1000000)";
    await assert.rejects(rows(store, sql), { code: "query_too_large" });
    await store.append(someEvents(1));
    assert.deepEqual(await rows(store, "SELECT count(*)::INT AS n FROM events"), [{ n: 6 }]);
  }));

Deno.test("A query's rows become a Parquet file that leaves nothing behind", () =>
  withStore(async (store) => {
    const sql = "SELECT id, type FROM events";
    using file = await store.queries.exportParquet(sql, { maxRows: 3, signal });
    const bytes = new Uint8Array((await file.stat()).size);
    await file.read(bytes);
    assert.equal(new TextDecoder().decode(bytes.slice(0, 4)), "PAR1");
    assert.equal(new TextDecoder().decode(bytes.slice(-4)), "PAR1");
    const memory = await Store.open({ path: ":memory:" });
    using empty = await memory.queries.exportParquet("SELECT 1 AS a", { maxRows: 1, signal });
    assert.ok((await empty.stat()).size > 0);
    await memory.close();
    const left = (await Array.fromAsync(Deno.readDir(tmpdir()))).filter(({ name }) =>
      /^collider-[0-9a-f-]{36}\./.test(name)
    );
    assert.deepEqual(left, []);
  }));

Deno.test("A relation larger than the memory becomes a Parquet file", async () => {
  await using database = await temporaryDatabasePath();
  const store = await Store.open({ path: database.path, queryMemoryMiB: 96 });
  try {
    const text = "x".repeat(4_000);
    for (let i = 0; i < 20; i++) {
      await store.append(Array.from({ length: 2_000 }, (_, n) => newEvent({ text, i, n })));
    }
    const limits = { maxRows: MAX_QUERY_ROWS, signal };
    using file = await store.queries.exportParquet("FROM events", limits);
    assert.ok((await file.stat()).size > 0);
  } finally {
    await store.close();
  }
});

Deno.test("A Parquet file has its rows in the order that the query asks for", async () => {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  try {
    await withStore(async (store) => {
      const sql = "SELECT hash(range) AS h FROM range(500_000) ORDER BY h";
      const limits = { maxRows: MAX_QUERY_ROWS, signal };
      using file = await store.queries.exportParquet(sql, limits);
      await Deno.writeFile(path, file.readable);
    });
    const connection = await DuckDBConnection.create();
    const reader = await connection.runAndReadAll(
      `SELECT count(*), count(*) FILTER (WHERE falls) FROM (
        SELECT h < lag(h) OVER (ORDER BY file_row_number) AS falls
        FROM read_parquet($1, file_row_number = true)
      )`,
      [path],
    );
    assert.deepEqual(reader.getRows(), [[500_000n, 0n]]);
    connection.closeSync();
  } finally {
    await Deno.remove(path);
  }
});
