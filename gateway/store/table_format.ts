import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import { formatUuid } from "../event/uuid_v7.ts";
import type { GatewayEvent } from "../event/event.ts";
import type { ChunkAppender, ColumnType } from "./chunk_appender.ts";
import { type Enrichment, RECORD_SEPARATOR } from "./rows.ts";

/** How rows get into a table. */
export interface TableFormat<Row> {
  readonly table: string;
  /** The types of all columns, in order. */
  readonly columns: readonly ColumnType[];
  /** Hands a row to an appender of the table. */
  append(appender: ChunkAppender, row: Row): void;
  /** Inserts the rows that {@linkcode bind} has bound. */
  readonly insertSql: string;
  bind(insert: DuckDBPreparedStatement, rows: readonly Row[]): void;
  /** How many rows of the table it makes. */
  rowsOf(row: Row): number;
  /** Roughly, what a row is large by. */
  bytesOf(row: Row): number;
  /** Whether a row is in the table. */
  has(connection: DuckDBConnection, row: Row): Promise<boolean>;
}

export const EVENTS: TableFormat<GatewayEvent> = {
  table: "events",
  columns: [
    "uuid",
    "timestamptz",
    "varchar",
    "boolean",
    "varchar",
    "varchar",
    "varchar",
    "varchar",
    "bigint",
  ],
  append(appender, event) {
    appender.setUuid(0, event.id);
    appender.setInt64(1, event.receivedUs);
    appender.setText(2, event.type);
    appender.setBoolean(3, event.typed);
    appender.setText(4, event.conversationId);
    appender.setText(5, event.idempotencyKey);
    appender.setText(6, event.attributes);
    appender.setUtf8(7, event.payloadBytes);
    appender.setInt64(8, event.payloadBytes.length);
    appender.endRow();
  },
  insertSql: `INSERT INTO events
    SELECT e.id, make_timestamptz(e.received_us), e.type, e.typed, e.conversation_id,
      e.idempotency_key, e.attributes, payload, strlen(payload)
    FROM (
      SELECT unnest(from_json($1::VARCHAR, '[{
        "id": "UUID", "received_us": "BIGINT", "type": "VARCHAR", "typed": "BOOLEAN",
        "conversation_id": "VARCHAR", "idempotency_key": "VARCHAR", "attributes": "VARCHAR"
      }]')) AS e,
      unnest(string_split(decode($2::BLOB), chr(${RECORD_SEPARATOR}))) AS payload
    )`,
  bind(insert, events) {
    insert.bindVarchar(
      1,
      JSON.stringify(events.map((event) => ({
        id: formatUuid(event.id),
        received_us: event.receivedUs,
        type: event.type.toWellFormed(),
        typed: event.typed,
        conversation_id: wellFormed(event.conversationId),
        idempotency_key: wellFormed(event.idempotencyKey),
        attributes: wellFormed(event.attributes),
      }))),
    );
    insert.bindBlob(2, joinPayloads(events));
  },
  rowsOf: () => 1,
  bytesOf: ({ payloadBytes }) => payloadBytes.length,
  async has(connection, { id }) {
    const found = await connection.runAndReadAll("FROM events WHERE id = $1::UUID", [
      formatUuid(id),
    ]);
    return found.currentRowCount > 0;
  },
};

export const ENRICHMENTS: TableFormat<Enrichment> = {
  table: "enrichments",
  columns: ["uuid", "timestamptz", "varchar", "bigint", "ubigint", "varchar", "varchar"],
  append(appender, row) {
    for (const [i, id] of row.eventIds.entries()) {
      appender.setUuid(0, id);
      appender.setInt64(1, row.doneUs);
      appender.setText(2, row.stage);
      appender.setInt64(3, row.frameId === null ? null : row.frameId + i);
      appender.setUint64(4, row.ringGeneration);
      appender.setText(5, row.result);
      appender.setText(6, row.error);
      appender.endRow();
    }
  },
  insertSql: `INSERT INTO enrichments
    SELECT unnest(r.ids), make_timestamptz(r.done_us), r.stage,
      r.frame_id + generate_subscripts(r.ids, 1) - 1, r.ring_generation, r.result, r.error
    FROM (SELECT unnest(from_json($1::VARCHAR, '[{
      "ids": ["UUID"], "done_us": "BIGINT", "stage": "VARCHAR", "frame_id": "BIGINT",
      "ring_generation": "UBIGINT", "result": "VARCHAR", "error": "VARCHAR"
    }]')) AS r)`,
  bind(insert, rows) {
    insert.bindVarchar(
      1,
      JSON.stringify(rows.map((row) => ({
        ids: row.eventIds.map(formatUuid),
        done_us: row.doneUs,
        stage: row.stage.toWellFormed(),
        frame_id: row.frameId,
        ring_generation: row.ringGeneration?.toString() ?? null,
        result: wellFormed(row.result),
        error: wellFormed(row.error),
      }))),
    );
  },
  rowsOf: ({ eventIds }) => eventIds.length,
  bytesOf: ({ result, error }) => (result?.length ?? 0) + (error?.length ?? 0),
  async has(connection, { eventIds, stage, doneUs }) {
    const found = await connection.runAndReadAll(
      `FROM enrichments
      WHERE event_id = $1::UUID AND stage = $2 AND done_at = make_timestamptz($3::BIGINT)`,
      [formatUuid(eventIds[0]!), stage, BigInt(doneUs)],
    );
    return found.currentRowCount > 0;
  },
};

function joinPayloads(events: readonly GatewayEvent[]): Uint8Array {
  const length = events.reduce((sum, { payloadBytes }) => sum + payloadBytes.length, 0);
  const joined = new Uint8Array(length + events.length - 1);
  let at = 0;
  for (const { payloadBytes } of events) {
    if (at > 0) joined[at++] = RECORD_SEPARATOR;
    joined.set(payloadBytes, at);
    at += payloadBytes.length;
  }
  return joined;
}

/** Text that UTF-8 can express: half of a surrogate pair becomes U+FFFD, as in a `TextEncoder`. */
function wellFormed(text: string | null): string | null {
  return text?.toWellFormed() ?? null;
}
