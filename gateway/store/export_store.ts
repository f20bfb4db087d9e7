import type { DuckDBConnection } from "@duckdb/node-api";
import { listBetween } from "./event_queries.ts";
import { PAYLOAD_BYTES } from "./event_rows.ts";
import type { StoredEvent } from "./stored_event.ts";

/** How far an export has come: not delivered yet, delivered, or given up. */
export type ExportState = "pending" | "delivered" | "dead";

/** A batch of events on its way to a webhook. */
export interface ExportRecord {
  /** UUID; the deliveries carry it, so that a receiver knows one that it has already. */
  readonly id: string;
  readonly createdUs: number;
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

/** Events that can be exported together. */
export interface ExportBatch
  extends Pick<ExportRecord, "firstEventId" | "lastEventId" | "eventCount"> {
  /** Whether no more events fit. */
  readonly isFull: boolean;
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

const COLUMNS = `id::VARCHAR, epoch_us(created_at), first_event_id::VARCHAR,
  last_event_id::VARCHAR, event_count, state, attempts, nullif(http_status, -1), nullif(error, ''),
  epoch_us(next_at)`;

/** Exports and their deliveries. Append-only: each attempt is a row of its own. */
export class ExportStore {
  readonly #connected: Connected;

  constructor(connected: Connected) {
    this.#connected = connected;
  }

  /** The newest event that is in an export since a start; null if there was none. */
  lastExportedId(startId: string): Promise<string | null> {
    return this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(
        "SELECT max(last_event_id)::VARCHAR FROM exports WHERE start_id = $1::UUID",
        [startId],
      );
      return reader.value(0, 0) as string | null;
    });
  }

  /** Gives up what is pending, but the exports since a start. */
  giveUpOthers(startId: string, error: string): Promise<void> {
    return this.#connected(async (connection) => {
      await connection.run(
        `INSERT INTO export_attempts
          SELECT id, now(), 'dead', NULL, $2, NULL
          FROM export_states JOIN exports USING (id)
          WHERE state = 'pending' AND start_id <> $1::UUID`,
        [startId, error],
      );
    });
  }

  /**
   * The next events to be exported, oldest first.
   *
   * @param afterId the last one that was exported
   * @param throughId the last one that may be
   * @param bytesMax of their payloads together, unless one alone has more
   * @returns null if there are none
   */
  nextBatch(
    afterId: string,
    throughId: string,
    { eventsMax, bytesMax }: { readonly eventsMax: number; readonly bytesMax: number },
  ): Promise<ExportBatch | null> {
    return this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT count(*), count(*) FILTER (fits), min(id)::VARCHAR, (max(id) FILTER (fits))::VARCHAR
        FROM (
          SELECT id, row_number() OVER oldest = 1 OR sum(bytes) OVER oldest <= ${bytesMax} AS fits
          FROM (
            SELECT id, ${PAYLOAD_BYTES} AS bytes FROM events e
            WHERE id > $1::UUID AND id <= $2::UUID ORDER BY id LIMIT ${eventsMax}
          ) WINDOW oldest AS (ORDER BY id ROWS UNBOUNDED PRECEDING)
        )`,
        [afterId, throughId],
      );
      const [waiting, eventCount] = [Number(reader.value(0, 0)), Number(reader.value(1, 0))];
      if (eventCount === 0) return null;
      return {
        firstEventId: String(reader.value(2, 0)),
        lastEventId: String(reader.value(3, 0)),
        eventCount,
        isFull: eventCount === eventsMax || eventCount < waiting,
      };
    });
  }

  /** The events of an export. */
  eventsOf({ firstEventId, lastEventId }: ExportRecord): Promise<StoredEvent[]> {
    return this.#connected((connection) => listBetween(connection, firstEventId, lastEventId));
  }

  /** @param url of the webhook, for the record: it is delivered to what is the webhook then */
  create(
    { id, createdUs, url, firstEventId, lastEventId, eventCount, startId }:
      & Pick<ExportRecord, "id" | "createdUs" | "firstEventId" | "lastEventId" | "eventCount">
      & { readonly url: string; readonly startId: string },
  ): Promise<void> {
    return this.#connected(async (connection) => {
      await connection.run(
        `INSERT INTO exports
          VALUES ($1::UUID, make_timestamptz($2::BIGINT), $3, $4::UUID, $5::UUID, $6, $7::UUID)`,
        [id, BigInt(createdUs), url, firstEventId, lastEventId, eventCount, startId],
      );
    });
  }

  /** Makes an export pending again, due at once. */
  async retry(exportId: string, nowUs: number): Promise<void> {
    const asked = { state: "pending", httpStatus: null, error: null, nextUs: nowUs } as const;
    await this.recordAttempt(exportId, asked);
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
        firstEventId: String(row[2]),
        lastEventId: String(row[3]),
        eventCount: Number(row[4]),
        state: row[5] as ExportState,
        attempts: Number(row[6]),
        httpStatus: row[7] === null ? null : Number(row[7]),
        error: row[8] as string | null,
        nextUs: Number(row[9]),
      }));
    });
  }
}
