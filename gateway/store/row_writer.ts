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

/** Writes rows into a table over a connection of its own. */
export class RowWriter<Row> {
  readonly #format: TableFormat<Row>;
  readonly #connection: DuckDBConnection;
  /** Prepared, because parsing it would take DuckDB longer than doing it. */
  readonly #insert: DuckDBPreparedStatement;
  #appender: ChunkAppender | null = null;

  private constructor(
    format: TableFormat<Row>,
    connection: DuckDBConnection,
    insert: DuckDBPreparedStatement,
  ) {
    this.#format = format;
    this.#connection = connection;
    this.#insert = insert;
  }

  static async open<Row>(database: Database, format: TableFormat<Row>): Promise<RowWriter<Row>> {
    const connection = await database.connect();
    try {
      return new RowWriter(format, connection, await connection.prepare(format.insertSql));
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
      await this.#append(rows);
    }
  }

  close(): void {
    try {
      this.#connection.closeSync();
    } catch {
      // Closing rolls back; a connection that is already gone has nothing to roll back.
    }
  }

  #isFew(rows: readonly Row[]): boolean {
    if (rows.length > MAX_INSERTED_ROWS) return false;
    return rows.reduce((sum, row) => sum + this.#format.bytesOf(row), 0) <= MAX_INSERTED_BYTES;
  }

  async #append(rows: readonly Row[]): Promise<void> {
    const { table, columns, append } = this.#format;
    this.#appender ??= await ChunkAppender.open(this.#connection, table, columns);
    await this.#connection.run("BEGIN");
    for (const row of rows) append(this.#appender, row);
    this.#appender.flush();
    await this.#connection.run("COMMIT");
  }
}
