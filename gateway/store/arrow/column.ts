import duckdb, { type Vector } from "@duckdb/node-bindings";
import { Data, DataType, type Vector as ArrowVector } from "apache-arrow";
import type { Nulls, Validity } from "./validity.ts";

/**
 * Gathers one column of a record batch out of DuckDB's vectors: {@linkcode load} a vector, append
 * ranges of its rows, go on with the next one, and finish the batch in between.
 */
export interface Column {
  /** What {@linkcode finish} returns. */
  readonly type: DataType;
  /** Turns to another vector. What it points at must stay until its rows have been appended. */
  load(vector: Vector, rows: number): void;
  /** Bytes that rows of the loaded vector take in the batch, at least one each. */
  bytesOf(start: number, end: number): number;
  /**
   * Appends the rows of the loaded vector from `start` to before `end`.
   *
   * @throws {UnrepresentableValueError} if a value has no equivalent in the column's type
   * @throws {ResultTooLargeError} if a single row is larger than a batch can be
   */
  append(start: number, end: number): void;
  /** Hands over what was appended, and begins anew. */
  finish(): Data;
}

/**
 * Copies the memory of a vector.
 *
 * @param validity has loaded the same vector. Where it says null the copy is zero: DuckDB leaves
 *   anything there, pointers and what other memory held before, which must neither be followed nor
 *   leave the process.
 */
export function copyVector(
  vector: Vector,
  rows: number,
  bytesPerRow: number,
  validity: Validity,
): Uint8Array<ArrayBuffer> {
  const bytes = duckdb.vector_get_data(vector, rows * bytesPerRow) as Uint8Array<ArrayBuffer>;
  validity.forEachNull(0, rows, (row) => {
    bytes.fill(0, row * bytesPerRow, (row + 1) * bytesPerRow);
  });
  return bytes;
}

/** The buffers that a column has besides its validity, as far as its type has them. */
export interface ColumnBuffers {
  readonly values?: Uint8Array<ArrayBuffer>;
  readonly offsets?: Int32Array;
  readonly typeIds?: Int8Array;
  readonly children?: readonly Data[];
  readonly dictionary?: ArrowVector | undefined;
}

/** Arrow's view of a finished column. */
export function columnData(type: DataType, nulls: Nulls, buffers: ColumnBuffers): Data {
  const { values, offsets, typeIds, children = [], dictionary } = buffers;
  return new Data<DataType>(
    type,
    0,
    nulls.rows,
    nulls.nullCount,
    [offsets, values && typedValues(type, values), nulls.bitmap, typeIds],
    [...children],
    dictionary,
  );
}

/** The bytes as the typed array that apache-arrow keeps values of this type in. */
function typedValues(type: DataType, bytes: Uint8Array<ArrayBuffer>): ArrayBufferView {
  const { ArrayType } = DataType.isDictionary(type) ? type.indices : type;
  return new ArrayType(bytes.buffer, 0, bytes.byteLength / ArrayType.BYTES_PER_ELEMENT);
}
