import type { DuckDBConnection } from "@duckdb/node-api";
import { TYPE_STAGE } from "./rows.ts";

/** Which failures are looked for. */
export interface FailureSearch {
  /** Number of the first enrichment that is looked at. */
  readonly fromRow: number;
  /** Only of events with a greater id. */
  readonly afterId: string;
  readonly limit: number;
}

/** Events that could not be named when it was tried. */
export interface Failures {
  /** In the order in which they failed. */
  readonly events: readonly {
    readonly id: string;
    /** Number of the enrichment that says so. */
    readonly row: number;
  }[];
  /** Number of the first enrichment that was not looked at. */
  readonly nextRow: number;
}

/** Enrichments that are looked through at once: those of about a thousand events. */
const MIN_WINDOW_ROWS = 4_096;
/** How much larger the next part of the table is, if one was not enough. */
const WINDOW_GROWTH = 8;

/**
 * Events that could not be named when it was tried, whatever became of them since. They are looked
 * for by row number, which in an append-only table follows the order of what happened, and finds a
 * range of rows in no time. None only if there are none up to the end.
 */
export async function listUnnamed(
  connection: DuckDBConnection,
  { fromRow, afterId, limit }: FailureSearch,
): Promise<Failures> {
  const end = await connection.runAndReadAll(
    "SELECT coalesce(max(rowid) + 1, 0) FROM enrichments",
  );
  const endRow = Number(end.value(0, 0));
  let row = Math.min(fromRow, endRow);
  for (let rows = MIN_WINDOW_ROWS; row < endRow; rows *= WINDOW_GROWTH) {
    const windowEnd = Math.min(row + rows, endRow);
    const reader = await connection.runAndReadAll(
      `SELECT event_id::VARCHAR, rowid FROM enrichments
      WHERE rowid >= ${row} AND rowid < ${windowEnd} AND event_id > $1::UUID
        AND stage = '${TYPE_STAGE}' AND result IS NULL
      ORDER BY rowid LIMIT ${limit}`,
      [afterId],
    );
    const events = reader.getRows().map(([id, at]) => ({ id: String(id), row: Number(at) }));
    row = events.length < limit ? windowEnd : events.at(-1)!.row + 1;
    if (events.length > 0) return { events, nextRow: row };
  }
  return { events: [], nextRow: row };
}
