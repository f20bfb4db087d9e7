import type { DuckDBConnection } from "@duckdb/node-api";
import { listAfter, type StoredEvent } from "./event_queries.ts";

/** How far an export has come: not delivered yet, delivered, or given up. */
export type ExportState = "pending" | "delivered" | "dead";

/** A batch of events on its way to a webhook. */
export interface ExportRecord {
  /** UUID; the deliveries carry it, so that a receiver knows one that it has already. */
  readonly id: string;
  readonly createdUs: number;
  readonly url: string;
  readonly firstEventId: string;
  readonly lastEventId: string;
  readonly eventCount: number;
  readonly state: ExportState;
  readonly attempts: number;
  /** Of the last attempt's answer; null if there was none. */
  readonly httpStatus: number | null;
  /** Why the last attempt failed. */
  readonly error: string | null;
  /** When it is tried next, Unix µs. */
  readonly nextUs: number;
}

/** What an attempt at a delivery came to. */
export interface ExportAttempt {
  readonly state: ExportState;
  readonly httpStatus: number | null;
  readonly error: string | null;
  /** Unix µs; null = not again. */
  readonly nextUs: number | null;
}

type Connected = <T>(query: (connection: DuckDBConnection) => Promise<T>) => Promise<T>;

const COLUMNS = `id::VARCHAR, epoch_us(created_at), url, first_event_id::VARCHAR,
  last_event_id::VARCHAR, event_count, state, attempts, nullif(http_status, -1), nullif(error, ''),
  epoch_us(next_at)`;

/** Exports and their deliveries. Append-only: each attempt is a row of its own. */
export class ExportStore {
  readonly #connected: Connected;

  constructor(connected: Connected) {
    this.#connected = connected;
  }

  /** The newest event that is in an export; null if there was none. */
  lastExportedId(): Promise<string | null> {
    return this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(
        "SELECT max(last_event_id)::VARCHAR FROM exports",
      );
      return reader.value(0, 0) as string | null;
    });
  }

  /** Events after the given id, oldest first. */
  eventsAfter(afterId: string, limit: number): Promise<StoredEvent[]> {
    return this.#connected((connection) => listAfter(connection, afterId, limit));
  }

  /** The events of an export. */
  async eventsOf(record: ExportRecord): Promise<StoredEvent[]> {
    const events = await this.#connected((connection) =>
      listAfter(connection, idBefore(record.firstEventId), record.eventCount)
    );
    return events.filter(({ id }) => id <= record.lastEventId);
  }

  create(
    { id, createdUs, url, firstEventId, lastEventId, eventCount }: Pick<
      ExportRecord,
      "id" | "createdUs" | "url" | "firstEventId" | "lastEventId" | "eventCount"
    >,
  ): Promise<void> {
    return this.#connected(async (connection) => {
      await connection.run(
        `INSERT INTO exports
          VALUES ($1::UUID, make_timestamptz($2::BIGINT), $3, $4::UUID, $5::UUID, $6)`,
        [id, BigInt(createdUs), url, firstEventId, lastEventId, eventCount],
      );
    });
  }

  recordAttempt(exportId: string, attempt: ExportAttempt): Promise<void> {
    const { state, httpStatus, error, nextUs } = attempt;
    return this.#connected(async (connection) => {
      await connection.run(
        `INSERT INTO export_attempts VALUES ($1::UUID, now(), $2, $3, $4,
          CASE WHEN $5::BIGINT IS NULL THEN NULL ELSE make_timestamptz($5::BIGINT) END)`,
        [exportId, state, httpStatus, error, nextUs === null ? null : BigInt(nextUs)],
      );
    });
  }

  /** The pending export that is due first; null if none is pending. */
  async nextPending(): Promise<ExportRecord | null> {
    const [record] = await this.#list("WHERE state = 'pending' ORDER BY next_at, id LIMIT 1");
    return record ?? null;
  }

  async countPending(): Promise<number> {
    return await this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(
        "SELECT count(*) FROM export_states WHERE state = 'pending'",
      );
      return Number(reader.value(0, 0));
    });
  }

  /** Exports, newest first. */
  list(limit: number, state?: ExportState): Promise<ExportRecord[]> {
    const where = state === undefined ? "" : `WHERE state = '${state}'`;
    return this.#list(`${where} ORDER BY created_at DESC, id DESC LIMIT ${limit}`);
  }

  async get(id: string): Promise<ExportRecord | null> {
    const [record] = await this.#list("WHERE id = $1::UUID", [id]);
    return record ?? null;
  }

  #list(clause: string, values: string[] = []): Promise<ExportRecord[]> {
    return this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT ${COLUMNS} FROM export_states ${clause}`,
        values,
      );
      return reader.getRows().map((row): ExportRecord => ({
        id: String(row[0]),
        createdUs: Number(row[1]),
        url: String(row[2]),
        firstEventId: String(row[3]),
        lastEventId: String(row[4]),
        eventCount: Number(row[5]),
        state: row[6] as ExportState,
        attempts: Number(row[7]),
        httpStatus: row[8] === null ? null : Number(row[8]),
        error: row[9] as string | null,
        nextUs: Number(row[10]),
      }));
    });
  }
}

/** The greatest UUID below another, so that a reader of what comes after it begins with that. */
function idBefore(id: string): string {
  const before = (BigInt(`0x${id.replaceAll("-", "")}`) - 1n).toString(16).padStart(32, "0");
  return before.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
