import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import type { Database } from "./database.ts";
import { GroupAppender } from "./group_appender.ts";
import type { TableFormat } from "./table_format.ts";

/**
 * Up to here, what is written is inserted by one statement, which DuckDB works on beside this
 * thread. Beyond, an appender costs less altogether: half a millisecond for its flush, in this thread,
 * but a third for each row.
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
  /**
   * They take turns: the answer to a BEGIN comes late in a busy thread, and while one commits, the
   * other one's has come.
   */
  readonly #appenders: GroupAppender<Row>[] = [];

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
    const format = this.#format;
    const bytes = rows.reduce((sum, row) => sum + format.bytesOf(row), 0);
    if (rows.length <= MAX_INSERTED_ROWS && bytes <= MAX_INSERTED_BYTES) {
      format.bind(this.#insert, rows);
      await this.#insert.run();
    } else {
      while (this.#appenders.length < 2) {
        this.#appenders.push(await GroupAppender.open(this.#database, format));
      }
      this.#appenders.reverse();
      await this.#appenders[0]!.append(rows);
    }
    const written = rows.reduce((sum, row) => sum + format.rowsOf(row), 0);
    this.#database.countWritten(format.table, written, bytes);
  }

  /** Resolves when DuckDB has let go of everything. */
  async close(): Promise<void> {
    for (const appender of this.#appenders) await appender.close();
    this.#connection.closeSync();
  }
}
