import type { DuckDBConnection } from "@duckdb/node-api";
import {
  describeRows,
  endOfRows,
  firstRowAfter,
  MIN_WINDOW_ROWS,
  pageOf,
  readRows,
} from "./event_rows.ts";
import { PUBLISH_STAGE } from "./rows.ts";
import type { StoredEvent } from "./stored_event.ts";

/**
 * Events after the given id whose frame has not been recorded, oldest first: what a crash, or a
 * full queue, has left to do. Fewer than `limit` if they are large, none only if there are no more.
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
    const window = await describeRows(connection, row, row + rows);
    if (window.length === 0) continue;
    const published = await publishedIds(connection, window[0]!.id, window.at(-1)!.id);
    const first = window.findIndex(({ id }) => !published.has(id));
    if (first === -1) continue;
    const wanted = pageOf(window.slice(first), limit);
    const page = await readRows(connection, wanted);
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
