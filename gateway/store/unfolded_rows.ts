/** Rows of a row group, the unit in which DuckDB keeps a table, at most. */
const ROW_GROUP_ROWS = 122_880;
/**
 * Rows of a table that are folded together make a row group. Neighbours that fit into fewer row groups,
 * up to three, are merged then, and all of them are compressed once more while commits wait: left to
 * the size of the log, every third checkpoint was such a one and took four times as long as the others.
 * Of row groups of more than three quarters, four don't fit into three. What is left is for the largest
 * transaction, which comes on top.
 *
 * @see https://duckdb.org/docs/stable/sql/statements/checkpoint
 */
const MANY_ROWS = 0.85 * ROW_GROUP_ROWS;
/** Until they are folded into the file, rows lie uncompressed in memory. */
const MANY_BYTES = 40 << 20;

/** Counts what lies in the write-ahead log alone, to tell when it should be folded into the file. */
export class UnfoldedRows {
  readonly #rows = new Map<string, number>();
  #bytes = 0;

  /** Whether it is time to fold them. */
  get areMany(): boolean {
    if (this.#bytes >= MANY_BYTES) return true;
    for (const rows of this.#rows.values()) {
      if (rows >= MANY_ROWS) return true;
    }
    return false;
  }

  /** Counts rows that were written. */
  add(table: string, rows: number, bytes: number): void {
    this.#rows.set(table, (this.#rows.get(table) ?? 0) + rows);
    this.#bytes += bytes;
  }

  clear(): void {
    this.#rows.clear();
    this.#bytes = 0;
  }
}
