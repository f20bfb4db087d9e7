import type { Vector } from "@duckdb/node-bindings";
import type { Binary, Data, Utf8 } from "apache-arrow";
import { ByteBuffer } from "./byte_buffer.ts";
import { type Column, columnData } from "./column.ts";
import { gatherStrings } from "./gather_strings.ts";
import { copyRows, wordsOf } from "./row_words.ts";
import { Offsets } from "./offsets.ts";
import { Validity } from "./validity.ts";

/** Which word of a string is its length in bytes. */
const LENGTH_WORD = 0;

/** Texts and blobs. */
export class StringColumn implements Column {
  readonly type: Utf8 | Binary;
  readonly #validity = new Validity();
  readonly #offsets = new Offsets();
  readonly #bytes = new ByteBuffer();
  #strings = new Uint32Array(0);
  #lengths = new Uint32Array(0);

  constructor(type: Utf8 | Binary) {
    this.type = type;
  }

  load(vector: Vector, rows: number): void {
    this.#validity.load(vector, rows);
    this.#strings = copyRows(vector, rows, this.#validity);
    this.#lengths = wordsOf(this.#strings, LENGTH_WORD);
  }

  bytesOf(start: number, end: number): number {
    let bytes = (end - start) * Int32Array.BYTES_PER_ELEMENT;
    for (let row = start; row < end; row++) bytes += this.#lengths[row]!;
    return bytes;
  }

  append(start: number, end: number): void {
    this.#validity.append(start, end);
    const byteCount = this.#offsets.append(this.#lengths.subarray(start, end));
    gatherStrings(this.#strings, start, end, this.#bytes.extend(byteCount));
  }

  finish(): Data {
    return columnData(this.type, this.#validity.take(), {
      offsets: this.#offsets.take(),
      values: this.#bytes.take(),
    });
  }
}
