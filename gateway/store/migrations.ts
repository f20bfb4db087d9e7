import type { DuckDBConnection } from "@duckdb/node-api";
import { NIL_UUID } from "../event/uuid_v7.ts";
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
  `CREATE TABLE exports (
    id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    url VARCHAR NOT NULL,
    first_event_id UUID NOT NULL,
    last_event_id UUID NOT NULL,
    event_count INTEGER NOT NULL
  );
  CREATE TABLE export_attempts (
    export_id UUID NOT NULL,
    attempted_at TIMESTAMPTZ NOT NULL,
    state VARCHAR NOT NULL,
    http_status INTEGER,
    error VARCHAR,
    next_at TIMESTAMPTZ
  );
  CREATE VIEW export_states AS
    SELECT e.id, e.created_at, e.url, e.first_event_id, e.last_event_id, e.event_count,
      coalesce(a.state, 'pending') AS state, coalesce(a.attempts, 0) AS attempts,
      a.http_status, a.error, coalesce(a.next_at, e.created_at) AS next_at
    FROM exports e LEFT JOIN (
      SELECT export_id, arg_max(state, rowid) AS state, count(*) AS attempts,
        arg_max(coalesce(http_status, -1), rowid) AS http_status,
        arg_max(coalesce(error, ''), rowid) AS error, arg_max(next_at, rowid) AS next_at
      FROM export_attempts GROUP BY export_id
    ) a ON a.export_id = e.id;
  CREATE VIEW dead_letters AS FROM export_states WHERE state = 'dead';`,
  `CREATE TABLE chat_turns (
    said_at TIMESTAMPTZ NOT NULL,
    session_id VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    state VARCHAR NOT NULL
  );`,
  // A row that is pending without an error is no attempt: someone has asked for one.
  `CREATE OR REPLACE VIEW export_states AS
    SELECT e.id, e.created_at, e.url, e.first_event_id, e.last_event_id, e.event_count,
      coalesce(a.state, 'pending') AS state, coalesce(a.attempts, 0) AS attempts,
      a.http_status, a.error, coalesce(a.next_at, e.created_at) AS next_at
    FROM exports e LEFT JOIN (
      SELECT export_id, arg_max(state, rowid) AS state,
        count(*) FILTER (state <> 'pending' OR error IS NOT NULL) AS attempts,
        arg_max(coalesce(http_status, -1), rowid) AS http_status,
        arg_max(coalesce(error, ''), rowid) AS error, arg_max(next_at, rowid) AS next_at
      FROM export_attempts GROUP BY export_id
    ) a ON a.export_id = e.id;`,
  // Each time that a webhook is set, exports start anew; those of before have the nil id.
  `ALTER TABLE exports ADD COLUMN start_id UUID DEFAULT '${NIL_UUID}';`,
  // Reading a text only to see how long it is takes memory for all that it is read with.
  `ALTER TABLE events ADD COLUMN payload_bytes BIGINT;`,
];

/**
 * Brings the database to this program's schema version, in one transaction: each one waits for
 * the disk.
 *
 * @throws {DatabaseTooNewError} when a newer program has written the database
 */
export async function migrate(connection: DuckDBConnection): Promise<void> {
  await connection.run("BEGIN");
  await connection.run(
    "CREATE TABLE IF NOT EXISTS migrations (version INTEGER NOT NULL, applied_at TIMESTAMPTZ NOT NULL)",
  );
  const found = await schemaVersion(connection);
  for (const [offset, statements] of MIGRATIONS.slice(found).entries()) {
    await connection.run(statements);
    await connection.run("INSERT INTO migrations VALUES ($1, now())", [found + offset + 1]);
  }
  await connection.run("COMMIT");
}

/**
 * The schema version of a database that has been migrated at least once.
 *
 * @throws {DatabaseTooNewError} when a newer program has written the database
 */
export async function schemaVersion(connection: DuckDBConnection): Promise<number> {
  const reader = await connection.runAndReadAll("SELECT coalesce(max(version), 0) FROM migrations");
  const found = Number(reader.value(0, 0));
  if (found > MIGRATIONS.length) throw new DatabaseTooNewError(found, MIGRATIONS.length);
  return found;
}
