import type { DuckDBConnection } from "@duckdb/node-api";
import { OF_TYPE } from "./event_filter.ts";
import { EVENT_FIELDS, NAMED, numberOrNull, readEvents, type StoredEvent } from "./stored_event.ts";

/** A stage's record of an event. */
export interface StageRecord {
  readonly stage: string;
  readonly doneUs: number;
  readonly frameId: number | null;
  readonly ringGeneration: bigint | null;
  readonly result: string | null;
  readonly error: string | null;
}

/**
 * Counts the events of a type in intervals of time.
 *
 * @param sinceUs begin of the first interval, Unix µs
 * @returns how many there are in each interval that has any, by its index
 */
export async function countByInterval(
  connection: DuckDBConnection,
  type: string,
  { sinceUs, intervalUs }: { sinceUs: number; intervalUs: number },
): Promise<Map<number, number>> {
  const reader = await connection.runAndReadAll(
    `SELECT (epoch_us(received_at) - $2::BIGINT) // $3::BIGINT AS bucket, count(*) FROM events e
    WHERE received_at >= make_timestamptz($2::BIGINT) AND ${OF_TYPE.replaceAll("?", "$1")}
    GROUP BY bucket`,
    [type, BigInt(sinceUs), BigInt(intervalUs)],
  );
  return new Map(reader.getRows().map(([interval, count]) => [Number(interval), Number(count)]));
}

/** Number of events. */
export async function countEvents(connection: DuckDBConnection): Promise<number> {
  return Number((await connection.runAndReadAll("SELECT count(*) FROM events")).value(0, 0));
}

/** What every stage recorded of an event, oldest first. */
export async function listStages(
  connection: DuckDBConnection,
  eventId: string,
): Promise<StageRecord[]> {
  const reader = await connection.runAndReadAll(
    `SELECT stage, epoch_us(done_at) AS done_us, frame_id, ring_generation, result, error
    FROM enrichments WHERE event_id = $1::UUID ORDER BY done_at`,
    [eventId],
  );
  return reader.getRowObjects().map((row) => ({
    stage: String(row["stage"]),
    doneUs: Number(row["done_us"]),
    frameId: numberOrNull(row["frame_id"]),
    ringGeneration: row["ring_generation"] as bigint | null,
    result: row["result"] as string | null,
    error: row["error"] as string | null,
  }));
}

/** Events between two ids, both included, oldest first, under the names that they have got. */
export function listBetween(
  connection: DuckDBConnection,
  firstId: string,
  lastId: string,
): Promise<StoredEvent[]> {
  return readEvents(connection, {
    sql: `SELECT ${EVENT_FIELDS}, NULL AS frame_id
      FROM events e LEFT JOIN (
        ${NAMED} AND event_id BETWEEN $1::UUID AND $2::UUID GROUP BY event_id
      ) n ON n.event_id = e.id
      WHERE e.id BETWEEN $1::UUID AND $2::UUID ORDER BY e.id`,
    values: [firstId, lastId],
  });
}

/** Conversations and arrival times of the newest events before the given id, oldest first. */
export async function listArrivalsBefore(
  connection: DuckDBConnection,
  beforeId: string,
  limit: number,
): Promise<{ conversationId: string | null; receivedUs: number }[]> {
  const reader = await connection.runAndReadAll(
    `SELECT conversation_id, epoch_us(received_at) AS received_us FROM (
      SELECT id, conversation_id, received_at FROM events
      WHERE id < $1::UUID ORDER BY id DESC LIMIT ${limit}
    ) ORDER BY id`,
    [beforeId],
  );
  return reader.getRows().map(([conversationId, receivedUs]) => ({
    conversationId: conversationId as string | null,
    receivedUs: Number(receivedUs),
  }));
}

/** Idempotency keys of the events after the given id, the newest ones where there are too many. */
export async function listIdempotencyKeys(
  connection: DuckDBConnection,
  afterId: string,
  limit: number,
): Promise<{ key: string; id: string; type: string; receivedUs: number }[]> {
  const reader = await connection.runAndReadAll(
    `SELECT idempotency_key, id::VARCHAR, type, epoch_us(received_at) FROM (
      SELECT * FROM events WHERE id > $1::UUID AND idempotency_key IS NOT NULL
      ORDER BY id DESC LIMIT ${limit}
    ) ORDER BY id`,
    [afterId],
  );
  return reader.getRows().map(([key, id, type, receivedUs]) => ({
    key: String(key),
    id: String(id),
    type: String(type),
    receivedUs: Number(receivedUs),
  }));
}

/** The id of the newest event; null in an empty store. */
export async function lastEventId(connection: DuckDBConnection): Promise<string | null> {
  const reader = await connection.runAndReadAll("SELECT max(id)::VARCHAR FROM events");
  return reader.value(0, 0) as string | null;
}
