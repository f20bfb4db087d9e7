import duckdb, { type Vector } from "@duckdb/node-bindings";
import { ByteBuffer } from "./byte_buffer.ts";

/** The rows of a column in a batch, and which of them are null, as Arrow wants it. */
export interface Nulls {
  readonly rows: number;
  readonly nullCount: number;
  /** A bit for each row, 1 = not null; empty if none is null. */
  readonly bitmap: Uint8Array;
}

/** Gathers which rows of a column are null. */
export class Validity {
  /** DuckDB's bits of the loaded vector, 1 = not null; null if no row of it is null. */
  #loaded: Uint8Array | null = null;
  /** A bit for each appended row, 1 = null: nothing has to be written for rows that are not. */
  readonly #nullBits = new ByteBuffer();
  #rows = 0;
  #nullCount = 0;

  load(vector: Vector, rows: number): void {
    // The type says otherwise, but there is no bitmap where nothing is null.
    const bitmap: Uint8Array | null = duckdb.vector_get_validity(vector, Math.ceil(rows / 64) * 8);
    this.#loaded = bitmap;
  }

  /** Calls `visit` with the number of each null row of the loaded vector from `start` to before `end`. */
  forEachNull(start: number, end: number, visit: (row: number) => void): void {
    if (this.#loaded === null) return;
    for (let row = start; row < end; row++) {
      const byte = this.#loaded[row >> 3]!;
      if (byte === 0xff) row |= 7;
      else if ((byte >> (row & 7) & 1) === 0) visit(row);
    }
  }

  append(start: number, end: number): void {
    const first = this.#rows - start;
    this.#rows += end - start;
    const byteCount = Math.ceil(this.#rows / 8);
    this.#nullBits.extend(byteCount - this.#nullBits.length);
    const bits = this.#nullBits.bytes;
    this.forEachNull(start, end, (row) => {
      bits[(first + row) >> 3]! |= 1 << ((first + row) & 7);
      this.#nullCount++;
    });
  }

  /** Hands over what was appended, and begins anew. */
  take(): Nulls {
    const nullBits = this.#nullBits.take();
    const nulls = { rows: this.#rows, nullCount: this.#nullCount };
    this.#rows = 0;
    this.#nullCount = 0;
    if (nulls.nullCount === 0) return { ...nulls, bitmap: new Uint8Array(0) };
    for (let i = 0; i < nullBits.length; i++) nullBits[i]! ^= 0xff;
    return { ...nulls, bitmap: nullBits };
  }
}
