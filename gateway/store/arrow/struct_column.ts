import duckdb, { type Vector } from "@duckdb/node-bindings";
import type { Data, Struct } from "apache-arrow";
import { type Column, columnData } from "./column.ts";
import { Validity } from "./validity.ts";

/** Structs: a column for each member. Of a null struct, DuckDB's members are null too. */
export class StructColumn implements Column {
  readonly type: Struct;
  readonly #members: readonly Column[];
  readonly #validity = new Validity();

  constructor(type: Struct, members: readonly Column[]) {
    this.type = type;
    this.#members = members;
  }

  load(vector: Vector, rows: number): void {
    this.#validity.load(vector, rows);
    for (const [index, member] of this.#members.entries()) {
      member.load(duckdb.struct_vector_get_child(vector, index), rows);
    }
  }

  bytesOf(start: number, end: number): number {
    return this.#members.reduce((bytes, member) => bytes + member.bytesOf(start, end), 0);
  }

  append(start: number, end: number): void {
    this.#validity.append(start, end);
    for (const member of this.#members) member.append(start, end);
  }

  finish(): Data {
    return columnData(this.type, this.#validity.take(), {
      children: this.#members.map((member) => member.finish()),
    });
  }
}
