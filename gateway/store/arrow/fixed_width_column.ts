import type { Vector } from "@duckdb/node-bindings";
import type { Data, DataType, Vector as ArrowVector } from "apache-arrow";
import { ByteBuffer } from "./byte_buffer.ts";
import { type Column, columnData, copyVector } from "./column.ts";
import type { Layout } from "./layouts.ts";
import { Validity } from "./validity.ts";

/** Values that all take the same number of bytes: numbers, times, UUIDs, the indices of enums. */
export class FixedWidthColumn implements Column {
  readonly type: DataType;
  readonly #layout: Layout;
  /** What the values are indices into, if they are. */
  readonly #dictionary: ArrowVector | undefined;
  readonly #validity = new Validity();
  readonly #values = new ByteBuffer();
  #loaded = new Uint8Array(0);

  constructor(type: DataType, layout: Layout, dictionary?: ArrowVector) {
    this.type = type;
    this.#layout = layout;
    this.#dictionary = dictionary;
  }

  load(vector: Vector, rows: number): void {
    this.#validity.load(vector, rows);
    this.#loaded = copyVector(vector, rows, this.#layout.sourceBytes, this.#validity);
  }

  bytesOf(start: number, end: number): number {
    return (end - start) * this.#layout.targetBytes;
  }

  append(start: number, end: number): void {
    const { sourceBytes, targetBytes, write } = this.#layout;
    this.#validity.append(start, end);
    const target = this.#values.extend((end - start) * targetBytes);
    write(this.#loaded.subarray(start * sourceBytes, end * sourceBytes), target);
  }

  finish(): Data {
    return columnData(this.type, this.#validity.take(), {
      values: this.#values.take(),
      dictionary: this.#dictionary,
    });
  }
}
