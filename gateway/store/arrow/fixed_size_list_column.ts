import duckdb, { type Vector } from "@duckdb/node-bindings";
import type { Data, FixedSizeList } from "apache-arrow";
import { type Column, columnData } from "./column.ts";
import { Validity } from "./validity.ts";

/** Arrays, which all have the same number of items. Of a null array, DuckDB's items are null too. */
export class FixedSizeListColumn implements Column {
  readonly type: FixedSizeList;
  readonly #items: Column;
  readonly #validity = new Validity();

  constructor(type: FixedSizeList, items: Column) {
    this.type = type;
    this.#items = items;
  }

  load(vector: Vector, rows: number): void {
    this.#validity.load(vector, rows);
    this.#items.load(duckdb.array_vector_get_child(vector), rows * this.type.listSize);
  }

  bytesOf(start: number, end: number): number {
    return this.#items.bytesOf(start * this.type.listSize, end * this.type.listSize);
  }

  append(start: number, end: number): void {
    this.#validity.append(start, end);
    this.#items.append(start * this.type.listSize, end * this.type.listSize);
  }

  finish(): Data {
    return columnData(this.type, this.#validity.take(), { children: [this.#items.finish()] });
  }
}
