import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import { ChunkAppender } from "./chunk_appender.ts";
import type { Database } from "./database.ts";
import type { TableFormat } from "./table_format.ts";

/** Appends rows to a table, a group in each transaction, on a connection of its own. */
export class GroupAppender<Row> {
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

  static async open<Row>(
    database: Database,
    format: TableFormat<Row>,
  ): Promise<GroupAppender<Row>> {
    const connection = await database.connect();
    try {
      return new GroupAppender(
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

  /** Resolves when the rows are durable. If it fails, the appender has to be closed. */
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
