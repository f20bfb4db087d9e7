import type { DuckDBConnection } from "@duckdb/node-api";
import { DatabaseTooNewError } from "./errors.ts";

/**
 * The schema's history: entry `i` brings a database from version `i` to `i + 1`. A released entry
 * is never edited, only followed by another one.
 *
 * All tables are append-only. There is no primary key and no other index: DuckDB replays an indexed
 * write-ahead log with many times its size in memory, and since ids are UUID v7, the zone maps of
 * the `id` column already answer point and range look-ups.
 *
 * JSON is kept as VARCHAR, because a JSON column is parsed once more on every append.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
    id UUID NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    type VARCHAR NOT NULL,
    typed BOOLEAN NOT NULL,
    conversation_id VARCHAR,
    idempotency_key VARCHAR,
    attributes VARCHAR,
    payload VARCHAR NOT NULL
  );
  CREATE TABLE enrichments (
    event_id UUID NOT NULL,
    done_at TIMESTAMPTZ NOT NULL,
    stage VARCHAR NOT NULL,
    frame_id BIGINT,
    ring_generation UBIGINT,
    result VARCHAR,
    error VARCHAR
  );
  CREATE TABLE schemas (
    through_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    learned VARCHAR NOT NULL
  );
  CREATE TABLE config (
    set_at TIMESTAMPTZ NOT NULL,
    key VARCHAR NOT NULL,
    value VARCHAR NOT NULL
  );`,
];

/**
 * Brings the database to this program's schema version, each step in one transaction.
 *
 * @throws {DatabaseTooNewError} when a newer program has written the database
 */
export async function migrate(connection: DuckDBConnection): Promise<void> {
  await connection.run(
    "CREATE TABLE IF NOT EXISTS migrations (version INTEGER NOT NULL, applied_at TIMESTAMPTZ NOT NULL)",
  );
  const reader = await connection.runAndReadAll("SELECT coalesce(max(version), 0) FROM migrations");
  const found = Number(reader.value(0, 0));
  if (found > MIGRATIONS.length) throw new DatabaseTooNewError(found, MIGRATIONS.length);
  for (const [offset, statements] of MIGRATIONS.slice(found).entries()) {
    await connection.run("BEGIN");
    await connection.run(statements);
    await connection.run("INSERT INTO migrations VALUES ($1, now())", [found + offset + 1]);
    await connection.run("COMMIT");
  }
}
