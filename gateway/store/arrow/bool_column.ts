import type { Vector } from "@duckdb/node-bindings";
import { Bool, type Data } from "apache-arrow";
import { ByteBuffer } from "./byte_buffer.ts";
import { type Column, columnData, copyVector } from "./column.ts";
import { Validity } from "./validity.ts";

/** Booleans: a byte each in DuckDB, a bit in Arrow. */
export class BoolColumn implements Column {
  readonly type = new Bool();
  readonly #validity = new Validity();
  readonly #bits = new ByteBuffer();
  #rows = 0;
  #loaded = new Uint8Array(0);

  load(vector: Vector, rows: number): void {
    this.#validity.load(vector, rows);
    this.#loaded = copyVector(vector, rows, 1, this.#validity);
  }

  bytesOf(start: number, end: number): number {
    return end - start;
  }

  append(start: number, end: number): void {
    this.#validity.append(start, end);
    const first = this.#rows - start;
    this.#rows += end - start;
    this.#bits.extend(Math.ceil(this.#rows / 8) - this.#bits.length);
    const bits = this.#bits.bytes;
    for (let row = start; row < end; row++) {
      bits[(first + row) >> 3]! |= this.#loaded[row]! << ((first + row) & 7);
    }
  }

  finish(): Data {
    this.#rows = 0;
    return columnData(this.type, this.#validity.take(), { values: this.#bits.take() });
  }
}
