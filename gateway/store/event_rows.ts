/**
 * Where events stand in their table. It is only appended to, in the order of the ids, so that row
 * numbers follow them; and looking a range of rows up takes no time, however large the table is.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { RECORD_SEPARATOR } from "./rows.ts";
import { explainOutOfMemory, numberOrNull, type StoredEvent } from "./stored_event.ts";

/** Rows looked through at once for events that may be few among them. */
export const MIN_WINDOW_ROWS = 256;
/**
 * Payloads read at once. DuckDB needs a multiple of it to gather them, out of the memory that all
 * who read share.
 */
const MAX_PAGE_BYTES = 4 << 20;
/** What a payload is taken for that was stored when the size was not: more than most have. */
const UNKNOWN_PAYLOAD_BYTES = 64 << 10;
/** The size of an event's payload, in the table `e`. */
export const PAYLOAD_BYTES = `coalesce(e.payload_bytes, ${UNKNOWN_PAYLOAD_BYTES})`;

/** Where an event stands, and how large it is. */
export interface EventRow {
  readonly row: number;
  readonly id: string;
  readonly payloadBytes: number;
}

/** Row number after the last one. */
export async function endOfRows(connection: DuckDBConnection): Promise<number> {
  const end = await connection.runAndReadAll("SELECT coalesce(max(rowid) + 1, 0) FROM events");
  return Number(end.value(0, 0));
}

/** The row of the first event whose id is greater. */
export async function firstRowAfter(
  connection: DuckDBConnection,
  id: string,
  endRow: number,
): Promise<number> {
  const row = await rowOf(connection, id, endRow);
  const isExact = await connection.runAndReadAll(
    `SELECT id = $1::UUID FROM events WHERE rowid = ${row}`,
    [id],
  );
  return isExact.currentRowCount > 0 && isExact.value(0, 0) === true ? row + 1 : row;
}

/** The row of the event with this id, or else of the first one whose id is greater. */
export async function rowOf(
  connection: DuckDBConnection,
  id: string,
  endRow: number,
): Promise<number> {
  for (const condition of ["=", ">"]) {
    const reader = await connection.runAndReadAll(
      `SELECT min(rowid) FROM events WHERE id ${condition} $1::UUID`,
      [id],
    );
    const row = numberOrNull(reader.value(0, 0));
    if (row !== null) return row;
  }
  return endRow;
}

/**
 * Events after the given id, oldest first. Fewer than `limit` if they are large, none only if there
 * are no more.
 */
export async function listAfter(
  connection: DuckDBConnection,
  afterId: string,
  limit: number,
): Promise<StoredEvent[]> {
  const row = await firstRowAfter(connection, afterId, await endOfRows(connection));
  return await readRows(
    connection,
    pageOf(await describeRows(connection, row, row + limit), limit),
  );
}

/** What the table knows of the events in rows from `firstRow` to before `endRow`. */
export async function describeRows(
  connection: DuckDBConnection,
  firstRow: number,
  endRow: number,
): Promise<EventRow[]> {
  const reader = await connection.runAndReadAll(
    `SELECT to_json(list({row: rowid, id: id, payloadBytes: ${PAYLOAD_BYTES}} ORDER BY rowid))
    FROM events e WHERE rowid >= ${firstRow} AND rowid < ${endRow}`,
  );
  return JSON.parse(String(reader.value(0, 0))) ?? [];
}

/** The first of some events, as many as may be read at once, and at least one. */
export function pageOf<T extends { readonly payloadBytes: number }>(
  events: readonly T[],
  limit: number,
  maxBytes = MAX_PAGE_BYTES,
): T[] {
  let bytes = 0;
  const end = events.findIndex(({ payloadBytes }, i) => {
    bytes += payloadBytes;
    return i === limit || i > 0 && bytes > maxBytes;
  });
  return events.slice(0, end === -1 ? events.length : end);
}

/**
 * The events in the rows from the first to the last of these. DuckDB gathers them into two texts:
 * taking a thousand rows over value by value costs four times as much.
 */
export async function readRows(
  connection: DuckDBConnection,
  rows: readonly EventRow[],
): Promise<StoredEvent[]> {
  if (rows.length === 0) return [];
  const reader = await connection.runAndReadAll(
    `SELECT string_agg(payload, chr(${RECORD_SEPARATOR}) ORDER BY rowid), to_json(list({
      id: id, receivedUs: epoch_us(received_at), type: type, typed: typed,
      conversationId: conversation_id, attributes: attributes
    } ORDER BY rowid))
    FROM events WHERE rowid BETWEEN ${rows[0]!.row} AND ${rows.at(-1)!.row}`,
  ).catch(explainOutOfMemory);
  const [payloads, rest] = reader.getRows()[0] as string[];
  const events: Omit<StoredEvent, "payload" | "frameId">[] = JSON.parse(rest!);
  const separator = String.fromCharCode(RECORD_SEPARATOR);
  return payloads!.split(separator)
    .map((payload, i) => ({ ...events[i]!, payload, frameId: null }));
}
