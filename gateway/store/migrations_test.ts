import assert from "node:assert/strict";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { DatabaseTooNewError } from "./errors.ts";
import { migrate } from "./migrations.ts";

async function withConnection(test: (connection: DuckDBConnection) => Promise<void>) {
  const instance = await DuckDBInstance.create(":memory:");
  try {
    await test(await instance.connect());
  } finally {
    instance.closeSync();
  }
}

async function query(connection: DuckDBConnection, sql: string): Promise<unknown[]> {
  return (await connection.runAndReadAll(sql)).getRows().map(([value]) => value);
}

Deno.test("migrate makes the tables in an empty database", async () => {
  await withConnection(async (connection) => {
    await migrate(connection);
    const tables = await query(
      connection,
      "SELECT table_name FROM information_schema.tables ORDER BY table_name",
    );
    assert.deepEqual(tables, [
      "chat_turns",
      "config",
      "dead_letters",
      "enrichments",
      "events",
      "export_attempts",
      "export_states",
      "exports",
      "migrations",
      "schemas",
    ]);
  });
});

Deno.test("migrate applies each version once, in order", async () => {
  await withConnection(async (connection) => {
    await migrate(connection);
    const versions = await query(connection, "SELECT version FROM migrations ORDER BY rowid");
    assert.deepEqual(versions, versions.map((_, i) => i + 1));
    await migrate(connection);
    assert.deepEqual(await query(connection, "SELECT version FROM migrations"), versions);
  });
});

Deno.test("migrate keeps what is in the tables", async () => {
  await withConnection(async (connection) => {
    await migrate(connection);
    await connection.run("INSERT INTO config VALUES (now(), 'key', 'value')");
    await migrate(connection);
    assert.deepEqual(await query(connection, "SELECT value FROM config"), ["value"]);
  });
});

Deno.test("migrate refuses a database that a newer program has written", async () => {
  await withConnection(async (connection) => {
    await migrate(connection);
    await connection.run("INSERT INTO migrations VALUES (9999, now())");
    await assert.rejects(
      migrate(connection),
      (error) => error instanceof DatabaseTooNewError && /version 9999/.test(error.message),
    );
  });
});

Deno.test("migrate leaves nothing of a version that failed half-way", async () => {
  await withConnection(async (connection) => {
    await connection.run("CREATE TABLE config (taken INTEGER)");
    await assert.rejects(migrate(connection), /config/);
    await connection.run("ROLLBACK");
    assert.deepEqual(await query(connection, "SELECT name FROM (SHOW TABLES)"), ["config"]);
    await connection.run("DROP TABLE config");
    await migrate(connection);
    assert.equal((await query(connection, "SELECT version FROM migrations")).length > 0, true);
  });
});
