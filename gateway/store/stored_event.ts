import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { isOutOfMemory, ResultTooLargeError } from "./errors.ts";
import { TYPE_STAGE } from "./rows.ts";

/** An event as the store gives it back. */
export interface StoredEvent {
  /** UUID v7 in its text form. */
  readonly id: string;
  /** Arrival, Unix µs. */
  readonly receivedUs: number;
  readonly type: string;
  readonly typed: boolean;
  readonly conversationId: string | null;
  /** CloudEvents context attributes as JSON text. */
  readonly attributes: string | null;
  /** The payload's JSON text as it was received. */
  readonly payload: string;
  /** Its frame in the ring; null as long as it is not published. */
  readonly frameId: number | null;
}

/**
 * The names that events got which came without one, still to be grouped by `event_id`: the last one
 * counts.
 */
export const NAMED =
  `SELECT event_id, arg_max(json_extract_string(result, '$.type'), done_at) AS type
  FROM enrichments WHERE stage = '${TYPE_STAGE}' AND result IS NOT NULL`;

/** What is read of events, from the table `e`, under the names of {@linkcode NAMED} in the table `n`. */
export const EVENT_FIELDS =
  `e.id::VARCHAR AS id, epoch_us(e.received_at) AS received_us, coalesce(n.type, e.type) AS type,
  e.typed, e.conversation_id, e.attributes, e.payload`;

/** The events that a query of {@linkcode EVENT_FIELDS} and `frame_id` finds. */
export async function readEvents(
  connection: DuckDBConnection,
  { sql, values }: { sql: string; values: DuckDBValue[] },
): Promise<StoredEvent[]> {
  const reader = await connection.runAndReadAll(sql, values).catch(explainOutOfMemory);
  return reader.getRowObjects().map((row) => ({
    id: String(row["id"]),
    receivedUs: Number(row["received_us"]),
    type: String(row["type"]),
    typed: row["typed"] === true,
    conversationId: row["conversation_id"] as string | null,
    attributes: row["attributes"] as string | null,
    payload: String(row["payload"]),
    frameId: numberOrNull(row["frame_id"]),
  }));
}

/** @throws {ResultTooLargeError} if it failed because of too little memory, else what it failed with */
export function explainOutOfMemory(cause: unknown): never {
  throw isOutOfMemory(cause) ? new ResultTooLargeError({ cause }) : cause;
}

/** A value of a column of integers. */
export function numberOrNull(value: DuckDBValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
