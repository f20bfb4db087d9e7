import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "./database.ts";
import { isOutOfMemory } from "./errors.ts";
import { RowWriter } from "./row_writer.ts";
import type { TableFormat } from "./table_format.ts";

/** Rows that find no memory are tried again, for a second at most. */
const MAX_ATTEMPTS = 20;
const RETRY_INTERVAL_MS = 50;

/** Writes rows into a table, through what can be overcome: too little memory, a database shut down. */
export class DurableWriter<Row> {
  readonly #database: Database;
  readonly #format: TableFormat<Row>;
  #writer: RowWriter<Row> | null = null;
  /** The opening of the database that the writer is of. */
  #generation = 0;
  /** The first of the rows that the last write failed for, if nobody could read whether it did. */
  #doubted: Row | null = null;

  constructor(database: Database, format: TableFormat<Row>) {
    this.#database = database;
    this.#format = format;
    database.beforeClosing(() => this.close());
  }

  /**
   * Resolves when the rows are durable; they become so together or not at all. One call at a time.
   *
   * @throws what DuckDB says, if none of them is stored, or nobody can read whether they are; then
   *   writing the very same rows again does not store them twice
   */
  async write(rows: readonly Row[]): Promise<void> {
    const first = rows[0];
    if (first === undefined) return;
    if (this.#database.isLogLong) await this.#database.foldLog();
    for (let attempt = 1;; attempt++) {
      const { generation } = this.#database;
      try {
        if (this.#doubted === first && await this.#has(first)) return;
        return await this.#database.track(() => this.#tryWriting(rows));
      } catch (cause) {
        await this.close();
        if (await this.#isStoredAfterAll(first)) return;
        const isOpenedAnew = this.#database.generation !== generation && attempt === 1;
        // A query that has all the memory will end: nobody's events are refused because of it.
        const mayFindMemory = isOutOfMemory(cause) && attempt < MAX_ATTEMPTS;
        if (!isOpenedAnew && !mayFindMemory) throw cause;
        await delay(RETRY_INTERVAL_MS);
      }
    }
  }

  async close(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    await writer?.close().catch(() => {}); // What is gone already holds nothing.
  }

  async #tryWriting(rows: readonly Row[]): Promise<void> {
    if (this.#generation !== this.#database.generation) await this.close();
    this.#generation = this.#database.generation;
    this.#writer ??= await RowWriter.open(this.#database, this.#format);
    await this.#writer.write(rows);
  }

  /**
   * Finds out what became of a transaction: a commit can fail in the checkpoint that follows it, when
   * the rows are durable already.
   */
  async #isStoredAfterAll(row: Row): Promise<boolean> {
    try {
      const isStored = await this.#has(row);
      this.#doubted = null;
      return isStored;
    } catch {
      // It can't even be read. The next write fails in the same way and gets here again.
      this.#doubted = row;
      return false;
    }
  }

  #has(row: Row): Promise<boolean> {
    return this.#database.use((connection) => this.#format.has(connection, row));
  }
}
