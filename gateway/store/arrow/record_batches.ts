import type { DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { makeData, RecordBatch, type Schema, Struct } from "apache-arrow";
import type { Column } from "./column.ts";
import { columnsOf } from "./columns.ts";
import { fetchChunk } from "../fetch_chunk.ts";

/** Chunks of a result are merged up to this size. A row that is larger is a batch of its own. */
const BATCH_BYTES = 4 << 20;

/** The schema of the batches that {@linkcode recordBatches} makes of this result. */
export function arrowSchema(result: DuckDBResult): Schema {
  return columnsOf(result).schema;
}

/**
 * A query's result as Arrow record batches, a few MiB each; none if it has no rows.
 *
 * The next chunk is only fetched when the last one is done with. DuckDB computes ahead anyway, and a
 * fetch that ends while JavaScript is busy goes unnoticed by Deno 2.9 now and then, for seconds.
 *
 * @throws {QueryFailedError} if the query fails, or is interrupted, before its last row
 * @throws {ResultTooLargeError} if a single row is larger than a batch can be
 * @throws {UnrepresentableValueError} if Arrow has no equivalent of a value
 */
export async function* recordBatches(result: DuckDBResult): AsyncGenerator<RecordBatch> {
  const builder = new RecordBatchBuilder(result);
  for (let chunk; (chunk = await fetchChunk(result)) !== null;) {
    yield* builder.add(chunk);
    // Chunks are only freed when they are collected as garbage, but this frees their strings now.
    chunk.reset();
  }
  if (builder.rows > 0) yield builder.finish();
}

class RecordBatchBuilder {
  readonly #schema: Schema;
  readonly #columns: readonly Column[];
  #rows = 0;
  #bytes = 0;

  constructor(result: DuckDBResult) {
    ({ schema: this.#schema, columns: this.#columns } = columnsOf(result));
  }

  /** Rows of the unfinished batch. */
  get rows(): number {
    return this.#rows;
  }

  /** Appends a chunk, and yields batches whenever one is full. */
  *add(chunk: DuckDBDataChunk): Generator<RecordBatch> {
    const rows = chunk.rowCount;
    for (const [index, column] of this.#columns.entries()) {
      column.load(duckdb.data_chunk_get_vector(chunk.chunk, index), rows);
    }
    for (let start = 0; start < rows;) {
      let end = rows;
      let bytes = this.#bytesOf(start, end);
      while (bytes > BATCH_BYTES && end - start > 1) {
        end = start + ((end - start) >> 1);
        bytes = this.#bytesOf(start, end);
      }
      if (this.#rows > 0 && this.#bytes + bytes > BATCH_BYTES) yield this.finish();
      for (const column of this.#columns) column.append(start, end);
      this.#rows += end - start;
      this.#bytes += bytes;
      start = end;
    }
  }

  finish(): RecordBatch {
    const children = this.#columns.map((column) => column.finish());
    const type = new Struct(this.#schema.fields);
    const data = makeData({ type, length: this.#rows, nullCount: 0, children });
    this.#rows = 0;
    this.#bytes = 0;
    return new RecordBatch(this.#schema, data);
  }

  #bytesOf(start: number, end: number): number {
    return this.#columns.reduce((bytes, column) => bytes + column.bytesOf(start, end), 0);
  }
}
