import duckdb, { type Vector } from "@duckdb/node-bindings";
import type { Data, SparseUnion } from "apache-arrow";
import { ByteBuffer } from "./byte_buffer.ts";
import { type Column, columnData, copyVector } from "./column.ts";
import { Validity } from "./validity.ts";

/**
 * Unions: which member a row has, and a column for each member, null where it is another one's
 * turn. A row that is null altogether has the first member, which is null there.
 */
export class UnionColumn implements Column {
  readonly type: SparseUnion;
  readonly #members: readonly Column[];
  readonly #tagValidity = new Validity();
  readonly #tags = new ByteBuffer();
  #loadedTags = new Uint8Array(0);
  #rows = 0;

  constructor(type: SparseUnion, members: readonly Column[]) {
    this.type = type;
    this.#members = members;
  }

  load(vector: Vector, rows: number): void {
    const tags = duckdb.struct_vector_get_child(vector, 0);
    this.#tagValidity.load(tags, rows);
    this.#loadedTags = copyVector(tags, rows, 1, this.#tagValidity);
    for (const [index, member] of this.#members.entries()) {
      member.load(duckdb.struct_vector_get_child(vector, index + 1), rows);
    }
  }

  bytesOf(start: number, end: number): number {
    return this.#members.reduce((bytes, member) => bytes + member.bytesOf(start, end), end - start);
  }

  append(start: number, end: number): void {
    this.#rows += end - start;
    this.#tags.extend(end - start).set(this.#loadedTags.subarray(start, end));
    for (const member of this.#members) member.append(start, end);
  }

  finish(): Data {
    const rows = this.#rows;
    this.#rows = 0;
    const { buffer } = this.#tags.take();
    return columnData(this.type, { rows, nullCount: 0, bitmap: new Uint8Array(0) }, {
      typeIds: new Int8Array(buffer, 0, rows),
      children: this.#members.map((member) => member.finish()),
    });
  }
}
