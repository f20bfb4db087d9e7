import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import { ChunkAppender } from "./chunk_appender.ts";
import type { Database } from "./database.ts";
import type { TableFormat } from "./table_format.ts";

/**
 * Up to here, rows are inserted by one statement, which DuckDB works on beside this thread. Beyond,
 * an appender costs less altogether: half a millisecond for its flush, in this thread, but a third
 * for each row.
 */
const MAX_INSERTED_ROWS = 1_000;
/** A statement has its rows several times in memory. */
const MAX_INSERTED_BYTES = 1 << 20;

/** Writes rows into a table. */
export class RowWriter<Row> {
  readonly #database: Database;
  readonly #format: TableFormat<Row>;
  readonly #connection: DuckDBConnection;
  /** Prepared, because parsing it would take DuckDB longer than doing it. */
  readonly #insert: DuckDBPreparedStatement;
  /** They take turns: the answer to a BEGIN comes late in a busy thread, and while one commits, the
   * other one's has come. */
  readonly #appenders: RowAppender<Row>[] = [];

  private constructor(
    database: Database,
    format: TableFormat<Row>,
    connection: DuckDBConnection,
    insert: DuckDBPreparedStatement,
  ) {
    this.#database = database;
    this.#format = format;
    this.#connection = connection;
    this.#insert = insert;
  }

  static async open<Row>(database: Database, format: TableFormat<Row>): Promise<RowWriter<Row>> {
    const connection = await database.connect();
    try {
      const insert = await connection.prepare(format.insertSql);
      return new RowWriter(database, format, connection, insert);
    } catch (error) {
      connection.closeSync();
      throw error;
    }
  }

  /**
   * Resolves when the rows are durable, all of them in one transaction. If it fails, the writer has to
   * be closed.
   */
  async write(rows: readonly Row[]): Promise<void> {
    if (this.#isFew(rows)) {
      this.#format.bind(this.#insert, rows);
      await this.#insert.run();
    } else {
      while (this.#appenders.length < 2) {
        this.#appenders.push(await RowAppender.open(this.#database, this.#format));
      }
      this.#appenders.reverse();
      await this.#appenders[0]!.append(rows);
    }
  }

  /** Resolves when DuckDB has let go of everything. */
  async close(): Promise<void> {
    this.#connection.closeSync();
    for (const appender of this.#appenders) await appender.close();
  }

  #isFew(rows: readonly Row[]): boolean {
    if (rows.length > MAX_INSERTED_ROWS) return false;
    return rows.reduce((sum, row) => sum + this.#format.bytesOf(row), 0) <= MAX_INSERTED_BYTES;
  }
}

/** Appends rows on a connection of its own. */
class RowAppender<Row> {
  readonly #connection: DuckDBConnection;
  readonly #format: TableFormat<Row>;
  readonly #appender: ChunkAppender;
  readonly #begin: DuckDBPreparedStatement;
  readonly #commit: DuckDBPreparedStatement;
  /** The next transaction's BEGIN, sent as soon as the last one has ended. */
  #begun: Promise<unknown>;

  private constructor(
    connection: DuckDBConnection,
    format: TableFormat<Row>,
    appender: ChunkAppender,
    begin: DuckDBPreparedStatement,
    commit: DuckDBPreparedStatement,
  ) {
    this.#connection = connection;
    this.#format = format;
    this.#appender = appender;
    this.#begin = begin;
    this.#commit = commit;
    this.#begun = this.#beginNext();
  }

  static async open<Row>(database: Database, format: TableFormat<Row>): Promise<RowAppender<Row>> {
    const connection = await database.connect();
    try {
      return new RowAppender(
        connection,
        format,
        await ChunkAppender.open(connection, format.table, format.columns),
        await connection.prepare("BEGIN"),
        await connection.prepare("COMMIT"),
      );
    } catch (error) {
      connection.closeSync();
      throw error;
    }
  }

  async append(rows: readonly Row[]): Promise<void> {
    await this.#begun;
    for (const row of rows) this.#format.append(this.#appender, row);
    this.#appender.flush();
    await this.#commit.run();
    this.#begun = this.#beginNext();
  }

  async close(): Promise<void> {
    // DuckDB must not be at work on a connection that is closed.
    await this.#begun.catch(() => {});
    this.#connection.closeSync(); // which rolls back
  }

  #beginNext(): Promise<unknown> {
    const begun = this.#begin.run();
    begun.catch(() => {}); // The next append finds out.
    return begun;
  }
}
