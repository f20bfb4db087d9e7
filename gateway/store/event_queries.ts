import {
  type DuckDBConnection,
  type DuckDBResult,
  type DuckDBValue,
  listValue,
} from "@duckdb/node-api";
import { NIL_UUID } from "../event/uuid_v7.ts";
import { ResultTooLargeError } from "./errors.ts";
import { PUBLISH_STAGE, TYPE_STAGE } from "./rows.ts";

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

/** Which events to list. All conditions must hold. */
export interface EventFilter {
  /** Rows at most. */
  readonly limit: number;
  readonly type?: string | undefined;
  readonly conversationId?: string | undefined;
  /** Earliest arrival, inclusive, Unix µs. */
  readonly sinceUs?: number | undefined;
  /** Latest arrival, exclusive, Unix µs. */
  readonly untilUs?: number | undefined;
  /** Text that the payload contains, in any case. */
  readonly contains?: string | undefined;
  /** `desc` = newest first. @default "desc" */
  readonly order?: "desc" | "asc" | undefined;
  /** Only events that come after the one with this id, in this order. */
  readonly afterId?: string | undefined;
}

/** A stage's record of an event. */
export interface StageRecord {
  readonly stage: string;
  readonly doneUs: number;
  readonly frameId: number | null;
  readonly ringGeneration: bigint | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** Rows looked through at once for unpublished events, which may be few among them. */
const MIN_WINDOW_ROWS = 256;
/** How much larger the next part of the table is that is looked through, if one was not enough. */
const WINDOW_GROWTH = 8;

/** Never occurs in JSON text, where control characters must be escaped. */
const RECORD_SEPARATOR = 0x1e;

const EVENT_FIELDS = `e.id::VARCHAR AS id, epoch_us(e.received_at) AS received_us, e.type, e.typed,
  e.conversation_id, e.attributes, e.payload`;

/** The names that events got which came without one; the last one counts. */
const NAMED = `SELECT event_id, arg_max(json_extract_string(result, '$.type'), done_at) AS type
  FROM enrichments WHERE stage = '${TYPE_STAGE}' AND result IS NOT NULL`;
/** That an event is of the type `?`. */
const OF_TYPE =
  `(e.type = ? OR e.id IN (SELECT event_id FROM (${NAMED} GROUP BY event_id) WHERE type = ?))`;
const NAMED_EVENT_FIELDS = EVENT_FIELDS.replace("e.type", "coalesce(n.type, e.type) AS type");
const SHOWN_FIELDS = `${NAMED_EVENT_FIELDS}, p.frame_id`;

/** Lists events. */
export async function listEvents(
  connection: DuckDBConnection,
  filter: EventFilter,
): Promise<StoredEvent[]> {
  const ids = await listIds(connection, filter);
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
  const ids = await listIds(connection, filter);
  const { sql, values } = eventsOf(
    ids,
    `e.id::VARCHAR AS id, coalesce(n.type, e.type) AS type, e.received_at, e.conversation_id,
    p.frame_id, e.attributes, e.payload`,
    filter.order,
  );
  return await connection.stream(sql, values);
}

/**
 * The ids alone, since sorting payloads would take memory for all that were ever in the page. Looks
 * through ever larger parts of the table, from the end where the page begins: sorting all ids of ten
 * million events would take half a second.
 */
async function listIds(connection: DuckDBConnection, filter: EventFilter): Promise<string[]> {
  const { order = "desc", limit, afterId } = filter;
  const { conditions, values } = conditionsOf(filter);
  let [firstRow, endRow] = [0, await endOfRows(connection)];
  if (afterId !== undefined && order === "desc") endRow = await rowOf(connection, afterId, endRow);
  if (afterId !== undefined && order === "asc") {
    firstRow = await firstRowAfter(connection, afterId, endRow);
  }
  const ids: string[] = [];
  let rows = Math.max(limit, MIN_WINDOW_ROWS);
  for (; firstRow < endRow && ids.length < limit; rows *= WINDOW_GROWTH) {
    const from = order === "desc" ? Math.max(firstRow, endRow - rows) : firstRow;
    const to = order === "desc" ? endRow : Math.min(endRow, firstRow + rows);
    const reader = await connection.runAndReadAll(
      `SELECT id::VARCHAR FROM events e
      WHERE rowid >= ${from} AND rowid < ${to} AND ${conditions.join(" AND ")}
      ORDER BY rowid ${order} LIMIT ${limit - ids.length}`,
      values,
    );
    for (const [id] of reader.getRows()) ids.push(String(id));
    [firstRow, endRow] = order === "desc" ? [firstRow, from] : [to, endRow];
  }
  return ids;
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

/**
 * The conditions of a filter on the table `e`, and the values of their parameters.
 *
 * @param firstParameter number of the first one
 */
export function conditionsOf(
  filter: Omit<EventFilter, "limit">,
  firstParameter = 1,
): { conditions: string[]; values: DuckDBValue[] } {
  const conditions: string[] = ["true"];
  const values: DuckDBValue[] = [];
  const where = (condition: string, value: DuckDBValue | undefined) => {
    if (value === undefined) return;
    conditions.push(condition.replaceAll("?", `$${firstParameter + values.length}`));
    values.push(value);
  };
  where(OF_TYPE, filter.type);
  where("e.conversation_id = ?", filter.conversationId);
  where("e.received_at >= make_timestamptz(?::BIGINT)", bigintOf(filter.sinceUs));
  where("e.received_at < make_timestamptz(?::BIGINT)", bigintOf(filter.untilUs));
  where("contains(lower(e.payload), lower(?))", filter.contains);
  where(`e.id ${filter.order === "asc" ? ">" : "<"} ?::UUID`, filter.afterId);
  return { conditions, values };
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

/** One event, or null. */
export async function getEvent(
  connection: DuckDBConnection,
  id: string,
): Promise<StoredEvent | null> {
  return (await eventsByIds(connection, [id]))[0] ?? null;
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

/** Row number after the last one. */
async function endOfRows(connection: DuckDBConnection): Promise<number> {
  const end = await connection.runAndReadAll("SELECT coalesce(max(rowid) + 1, 0) FROM events");
  return Number(end.value(0, 0));
}

/** The row of the first event whose id is greater. */
async function firstRowAfter(
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
async function rowOf(connection: DuckDBConnection, id: string, endRow: number): Promise<number> {
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

/** Events after the given id, oldest first. */
export function listAfter(
  connection: DuckDBConnection,
  afterId: string,
  limit: number,
): Promise<StoredEvent[]> {
  return readEvents(connection, {
    sql: `SELECT ${EVENT_FIELDS}, NULL AS frame_id FROM events e
      WHERE e.id > $1::UUID ORDER BY e.id LIMIT ${limit}`,
    values: [afterId],
  });
}

/** Events between two ids, both included, oldest first, under the names that they have got. */
export function listBetween(
  connection: DuckDBConnection,
  firstId: string,
  lastId: string,
): Promise<StoredEvent[]> {
  return readEvents(connection, {
    sql: `SELECT ${NAMED_EVENT_FIELDS}, NULL AS frame_id
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

async function readEvents(
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

function explainOutOfMemory(cause: unknown): never {
  const isOutOfMemory = cause instanceof Error && /^Out of Memory Error/i.test(cause.message);
  throw isOutOfMemory ? new ResultTooLargeError({ cause }) : cause;
}

function bigintOf(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}

function numberOrNull(value: DuckDBValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
