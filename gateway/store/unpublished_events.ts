import type { DuckDBConnection } from "@duckdb/node-api";
import { endOfRows, firstRowAfter, MIN_WINDOW_ROWS } from "./event_rows.ts";
import { PUBLISH_STAGE } from "./rows.ts";
import { explainOutOfMemory, type StoredEvent } from "./stored_event.ts";

/** Never occurs in JSON text, where control characters must be escaped. */
const RECORD_SEPARATOR = 0x1e;

/**
 * Events after the given id whose frame has not been recorded, oldest first: what a crash, or a
 * full queue, has left to do. None only if there are no more.
 *
 * Reads by row number, which in an append-only table follows the order of the ids: finding the next
 * thousand of a million events by sorting takes three times as long.
 */
export async function listUnpublished(
  connection: DuckDBConnection,
  afterId: string,
  limit: number,
): Promise<StoredEvent[]> {
  const endRow = await endOfRows(connection);
  const rows = Math.max(limit, MIN_WINDOW_ROWS);
  for (let row = await firstRowAfter(connection, afterId, endRow); row < endRow; row += rows) {
    const window = await idsOfRows(connection, row, row + rows);
    if (window.length === 0) continue;
    const published = await publishedIds(connection, window[0]!.id, window.at(-1)!.id);
    const wanted = window.filter(({ id }) => !published.has(id)).slice(0, limit);
    if (wanted.length === 0) continue;
    const page = await readRows(connection, wanted[0]!.row, wanted.at(-1)!.row + 1);
    return page.filter(({ id }) => !published.has(id));
  }
  return [];
}

/** The ids of {@linkcode listUnpublished}, all at once. */
export async function listUnpublishedIds(
  connection: DuckDBConnection,
  afterId: string,
  limit: number,
): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    `SELECT id::VARCHAR FROM events e
    WHERE id > $1::UUID AND NOT EXISTS (
      FROM enrichments p
      WHERE p.event_id > $1::UUID AND p.event_id = e.id AND p.stage = '${PUBLISH_STAGE}'
    )
    ORDER BY id LIMIT ${limit}`,
    [afterId],
  );
  return reader.getRows().map(([id]) => String(id));
}

/** The ids of the events in rows from `firstRow` to before `endRow`. */
async function idsOfRows(
  connection: DuckDBConnection,
  firstRow: number,
  endRow: number,
): Promise<{ row: number; id: string }[]> {
  const reader = await connection.runAndReadAll(
    `SELECT to_json(list({row: rowid, id: id} ORDER BY rowid)) FROM events
    WHERE rowid >= ${firstRow} AND rowid < ${endRow}`,
  );
  return JSON.parse(String(reader.value(0, 0))) ?? [];
}

/**
 * The events in rows from `firstRow` to before `endRow`, oldest first. DuckDB gathers them into two
 * texts: taking a thousand rows over value by value costs four times as much.
 */
async function readRows(
  connection: DuckDBConnection,
  firstRow: number,
  endRow: number,
): Promise<StoredEvent[]> {
  const reader = await connection.runAndReadAll(
    `SELECT string_agg(payload, chr(${RECORD_SEPARATOR}) ORDER BY rowid), to_json(list({
      id: id, receivedUs: epoch_us(received_at), type: type, typed: typed,
      conversationId: conversation_id, attributes: attributes
    } ORDER BY rowid))
    FROM events WHERE rowid >= ${firstRow} AND rowid < ${endRow}`,
  ).catch(explainOutOfMemory);
  const [payloads, rest] = reader.getRows()[0] as string[];
  const rows: Omit<StoredEvent, "payload" | "frameId">[] = JSON.parse(rest!);
  const separator = String.fromCharCode(RECORD_SEPARATOR);
  return payloads!.split(separator).map((payload, i) => ({ ...rows[i]!, payload, frameId: null }));
}

async function publishedIds(
  connection: DuckDBConnection,
  firstId: string,
  lastId: string,
): Promise<Set<string>> {
  const reader = await connection.runAndReadAll(
    `SELECT event_id::VARCHAR FROM enrichments
    WHERE event_id BETWEEN $1::UUID AND $2::UUID AND stage = '${PUBLISH_STAGE}'`,
    [firstId, lastId],
  );
  return new Set(reader.getRows().map(([id]) => String(id)));
}
