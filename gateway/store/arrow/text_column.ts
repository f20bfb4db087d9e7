import { type DuckDBType, DuckDBVector } from "@duckdb/node-api";
import type { Vector } from "@duckdb/node-bindings";
import { type Data, Utf8 } from "apache-arrow";
import { ByteBuffer } from "./byte_buffer.ts";
import { type Column, columnData } from "./column.ts";
import { Offsets } from "./offsets.ts";
import { Validity } from "./validity.ts";

/**
 * Values of types that Arrow has no equivalent of, as DuckDB's client writes them: bits, times with
 * an offset, integers of any size, variants. The one column that visits every value; they are rare.
 */
export class TextColumn implements Column {
  readonly type = new Utf8();
  readonly #source: DuckDBType;
  readonly #validity = new Validity();
  readonly #offsets = new Offsets();
  readonly #bytes = new ByteBuffer();
  readonly #encoder = new TextEncoder();
  #texts: Uint8Array[] = [];

  constructor(source: DuckDBType) {
    this.#source = source;
  }

  load(vector: Vector, rows: number): void {
    this.#validity.load(vector, rows);
    this.#texts = DuckDBVector.create(vector, rows, this.#source).toArray()
      .map((value) => this.#encoder.encode(value === null ? "" : String(value)));
  }

  bytesOf(start: number, end: number): number {
    const texts = this.#texts.slice(start, end);
    return texts.reduce((bytes, { length }) => bytes + Int32Array.BYTES_PER_ELEMENT + length, 0);
  }

  append(start: number, end: number): void {
    this.#validity.append(start, end);
    const texts = this.#texts.slice(start, end);
    this.#offsets.append(Uint32Array.from(texts, ({ length }) => length));
    for (const text of texts) this.#bytes.extend(text.length).set(text);
  }

  finish(): Data {
    return columnData(this.type, this.#validity.take(), {
      offsets: this.#offsets.take(),
      values: this.#bytes.take(),
    });
  }
}
