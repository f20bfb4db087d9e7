import { type DuckDBConnection, type DuckDBResult, listValue } from "@duckdb/node-api";
import { NIL_UUID } from "../event/uuid_v7.ts";
import { conditionsOf, type EventFilter } from "./event_filter.ts";
import {
  endOfRows,
  firstRowAfter,
  MIN_WINDOW_ROWS,
  pageOf,
  PAYLOAD_BYTES,
  rowOf,
} from "./event_rows.ts";
import { PUBLISH_STAGE } from "./rows.ts";
import { EVENT_FIELDS, NAMED, readEvents, type StoredEvent } from "./stored_event.ts";

/** How much larger the next part of the table is that is looked through, if one was not enough. */
const WINDOW_GROWTH = 8;

/**
 * Payloads in a page: they are in memory several times over, in DuckDB's limited one and in the
 * answer.
 */
const MAX_LISTED_BYTES = 8 << 20;

const SHOWN_FIELDS = `${EVENT_FIELDS}, p.frame_id`;

/** Lists events. Fewer than the limit if they are large, none only if there are no more. */
export async function listEvents(
  connection: DuckDBConnection,
  filter: EventFilter,
): Promise<StoredEvent[]> {
  const ids = await listIds(connection, filter, MAX_LISTED_BYTES);
  return await readEvents(connection, eventsOf(ids, SHOWN_FIELDS, filter.order));
}

/** Events by their ids, the newest first. */
export function eventsByIds(
  connection: DuckDBConnection,
  ids: readonly string[],
): Promise<StoredEvent[]> {
  return readEvents(connection, eventsOf(ids, SHOWN_FIELDS));
}

/**
 * Lists events as columns: `id`, `type`, `received_at` (with zone), `conversation_id`, `frame_id`,
 * `attributes`, `payload`.
 */
export async function streamEvents(
  connection: DuckDBConnection,
  filter: EventFilter,
): Promise<DuckDBResult> {
  const ids = await listIds(connection, filter, Infinity);
  const { sql, values } = eventsOf(
    ids,
    `e.id::VARCHAR AS id, coalesce(n.type, e.type) AS type, e.received_at, e.conversation_id,
    p.frame_id, e.attributes, e.payload`,
    filter.order,
  );
  return await connection.stream(sql, values);
}

/** One event, or null. */
export async function getEvent(
  connection: DuckDBConnection,
  id: string,
): Promise<StoredEvent | null> {
  return (await eventsByIds(connection, [id]))[0] ?? null;
}

/**
 * The ids alone, since sorting payloads would take memory for all that were ever in the page. Looks
 * through ever larger parts of the table, from the end where the page begins: sorting all ids of ten
 * million events would take half a second.
 */
async function listIds(
  connection: DuckDBConnection,
  filter: EventFilter,
  maxBytes: number,
): Promise<string[]> {
  const { order = "desc", limit, afterId } = filter;
  const { conditions, values } = conditionsOf(filter);
  let [firstRow, endRow] = [0, await endOfRows(connection)];
  if (afterId !== undefined && order === "desc") endRow = await rowOf(connection, afterId, endRow);
  if (afterId !== undefined && order === "asc") {
    firstRow = await firstRowAfter(connection, afterId, endRow);
  }
  const found: { id: string; payloadBytes: number }[] = [];
  let rows = Math.max(limit, MIN_WINDOW_ROWS);
  for (; firstRow < endRow && found.length < limit; rows *= WINDOW_GROWTH) {
    const from = order === "desc" ? Math.max(firstRow, endRow - rows) : firstRow;
    const to = order === "desc" ? endRow : Math.min(endRow, firstRow + rows);
    const reader = await connection.runAndReadAll(
      `SELECT id::VARCHAR, ${PAYLOAD_BYTES} FROM events e
      WHERE rowid >= ${from} AND rowid < ${to} AND ${conditions.join(" AND ")}
      ORDER BY rowid ${order} LIMIT ${limit - found.length}`,
      values,
    );
    for (const [id, bytes] of reader.getRows()) {
      found.push({ id: String(id), payloadBytes: Number(bytes) });
    }
    [firstRow, endRow] = order === "desc" ? [firstRow, from] : [to, endRow];
  }
  return pageOf(found, limit, maxBytes).map(({ id }) => id);
}

/**
 * What is kept of events. Their smallest and greatest id are said too: the zone maps then leave out
 * most of the tables, which for a page of a million events takes a tenth of the time.
 */
function eventsOf(ids: readonly string[], fields: string, order: "desc" | "asc" = "desc") {
  // DuckDB takes no list without elements, and the nil id is nobody's.
  const sorted = ids.length === 0 ? [NIL_UUID] : ids.toSorted();
  const among = (id: string) =>
    `${id} BETWEEN $2::UUID AND $3::UUID AND ${id} IN (SELECT unnest($1::UUID[]))`;
  return {
    sql: `SELECT ${fields} FROM events e
      LEFT JOIN (
        SELECT event_id, frame_id FROM enrichments
        WHERE stage = '${PUBLISH_STAGE}' AND ${among("event_id")}
      ) p ON p.event_id = e.id
      LEFT JOIN (${NAMED} AND ${among("event_id")} GROUP BY event_id) n ON n.event_id = e.id
      WHERE ${among("e.id")} ORDER BY e.id ${order}`,
    values: [listValue(sorted), sorted[0]!, sorted.at(-1)!],
  };
}
