import { type DuckDBConnection, listValue } from "@duckdb/node-api";
import { eventsByIds } from "./event_pages.ts";
import { MIN_WINDOW_ROWS } from "./event_rows.ts";
import { PUBLISH_STAGE, TYPE_STAGE } from "./rows.ts";
import type { StoredEvent } from "./stored_event.ts";

/** An event that nobody could name so far. */
export interface UnnamedEvent {
  readonly event: StoredEvent;
  /** Number of the enrichment that says so. */
  readonly row: number;
  /** When that was, Unix µs. */
  readonly failedUs: number;
  /** How often naming it was recorded as failed. */
  readonly attempts: number;
  /** Whether its stages are done, so that none of them names it any more. */
  readonly isPublished: boolean;
}

/** Where unnamed events are looked for, and how many. */
export interface UnnamedSearch {
  /** Number of the first enrichment that is looked at. */
  readonly fromRow: number;
  /** Only events with a greater id. */
  readonly afterId: string;
  readonly eventsMax: number;
  /** Of their payloads together, unless one alone has more. */
  readonly bytesMax: number;
}

/** What a look at the enrichments has found. */
export interface UnnamedPage {
  /** In the order in which they failed. */
  readonly events: readonly UnnamedEvent[];
  /** Number of the first enrichment that was not looked at. */
  readonly nextRow: number;
}

/** How much larger the next part of the table is that is looked through, if one was not enough. */
const WINDOW_GROWTH = 8;
/** Most of them may have been named since. */
const MAX_FAILURES = 1_024;

type Failure = Omit<UnnamedEvent, "event"> & { readonly id: string; readonly bytes: number };

/**
 * The next events whose newest try to name them has failed. They are looked for by row number, which
 * in an append-only table follows the order of what happened: an event that has failed again comes
 * after those that have waited longer.
 *
 * None only if there are none up to the end.
 */
export async function listUnnamed(
  connection: DuckDBConnection,
  search: UnnamedSearch,
): Promise<UnnamedPage> {
  const end = await connection.runAndReadAll(
    "SELECT coalesce(max(rowid) + 1, 0) FROM enrichments",
  );
  const endRow = Number(end.value(0, 0));
  let row = Math.min(search.fromRow, endRow);
  for (let rows = MIN_WINDOW_ROWS; row < endRow; rows *= WINDOW_GROWTH) {
    const windowEnd = Math.min(row + rows, endRow);
    const failed = await failedIds(connection, row, windowEnd, search.afterId);
    row = failed.length < MAX_FAILURES ? windowEnd : failed.at(-1)!.row + 1;
    const failures = await newestFailures(connection, failed);
    if (failures.length > 0) return await readPage(connection, failures, row, search);
  }
  return { events: [], nextRow: row };
}

/** The failures in rows from `firstRow` to before `endRow`, as many as are looked at at once. */
async function failedIds(
  connection: DuckDBConnection,
  firstRow: number,
  endRow: number,
  afterId: string,
): Promise<{ row: number; id: string }[]> {
  const reader = await connection.runAndReadAll(
    `SELECT rowid, event_id::VARCHAR FROM enrichments
    WHERE rowid >= ${firstRow} AND rowid < ${endRow} AND event_id > $1::UUID
      AND stage = '${TYPE_STAGE}' AND result IS NULL
    ORDER BY rowid LIMIT ${MAX_FAILURES}`,
    [afterId],
  );
  return reader.getRows().map(([row, id]) => ({ row: Number(row), id: String(id) }));
}

/** Those of the failures that no other try has followed. */
async function newestFailures(
  connection: DuckDBConnection,
  failed: readonly { row: number; id: string }[],
): Promise<Failure[]> {
  if (failed.length === 0) return [];
  const ids = failed.map(({ id }) => id).sort();
  const among = (id: string) =>
    `${id} BETWEEN $2::UUID AND $3::UUID AND ${id} IN (SELECT unnest($1::UUID[]))`;
  const reader = await connection.runAndReadAll(
    `SELECT t.row, t.event_id::VARCHAR, t.failed_us, t.attempts, t.is_published, strlen(e.payload)
    FROM (
      SELECT event_id, bool_or(stage = '${PUBLISH_STAGE}') AS is_published,
        max(rowid) FILTER (stage = '${TYPE_STAGE}') AS row,
        count(*) FILTER (stage = '${TYPE_STAGE}') AS attempts,
        epoch_us(max(done_at) FILTER (stage = '${TYPE_STAGE}')) AS failed_us
      FROM enrichments WHERE ${among("event_id")} GROUP BY event_id
    ) t JOIN events e ON e.id = t.event_id
    WHERE t.row IN (SELECT unnest($4::BIGINT[])) AND ${among("e.id")}
    ORDER BY t.row`,
    [listValue(ids), ids[0]!, ids.at(-1)!, listValue(failed.map(({ row }) => BigInt(row)))],
  );
  return reader.getRows().map(([row, id, failedUs, attempts, isPublished, bytes]) => ({
    row: Number(row),
    id: String(id),
    failedUs: Number(failedUs),
    attempts: Number(attempts),
    isPublished: isPublished === true,
    bytes: Number(bytes),
  }));
}

/** @param endRow row after the last one that was looked at */
async function readPage(
  connection: DuckDBConnection,
  failures: readonly Failure[],
  endRow: number,
  { eventsMax, bytesMax }: UnnamedSearch,
): Promise<UnnamedPage> {
  let bytes = 0;
  const tooMuch = failures.findIndex((failure, i) =>
    i >= eventsMax || (bytes += failure.bytes) > bytesMax && i > 0
  );
  const taken = tooMuch < 0 ? failures : failures.slice(0, tooMuch);
  const events = await eventsByIds(connection, taken.map(({ id }) => id));
  const byId = new Map(events.map((event) => [event.id, event]));
  return {
    events: taken.map(({ id, row, failedUs, attempts, isPublished }) => ({
      event: byId.get(id)!,
      row,
      failedUs,
      attempts,
      isPublished,
    })),
    nextRow: failures[taken.length]?.row ?? endRow,
  };
}
