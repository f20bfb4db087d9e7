import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** The floor of everything durable: DuckDB's own row appender, with no gateway around it. */
export class RowAppender implements Disposable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #nextId = 0n;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** @param path of the database file, which is created */
  static async create(path: string): Promise<RowAppender> {
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run("CREATE TABLE lines (id BIGINT NOT NULL, payload VARCHAR NOT NULL)");
    return new RowAppender(instance, connection);
  }

  /** Makes the lines durable, with a commit after each `rowsPerCommit` of them. */
  async append(lines: readonly string[], rowsPerCommit: number): Promise<void> {
    const appender = await this.#connection.createAppender("lines");
    for (let first = 0; first < lines.length; first += rowsPerCommit) {
      await this.#connection.run("BEGIN");
      const end = Math.min(first + rowsPerCommit, lines.length);
      for (let i = first; i < end; i++) {
        appender.appendBigInt(this.#nextId++);
        appender.appendVarchar(lines[i]!);
        appender.endRow();
      }
      appender.flushSync();
      await this.#connection.run("COMMIT");
    }
    appender.closeSync();
  }

  [Symbol.dispose](): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
