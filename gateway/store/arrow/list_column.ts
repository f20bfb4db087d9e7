import duckdb, { type Vector } from "@duckdb/node-bindings";
import type { Data, List, Map_ } from "apache-arrow";
import { type Column, columnData } from "./column.ts";
import { Offsets } from "./offsets.ts";
import { copyRows, wordsOf } from "./row_words.ts";
import { Validity } from "./validity.ts";

/** Which words of a list are where it begins among the items, and how many it has. */
const FIRST_WORD = 0;
const LENGTH_WORD = 2;

/** Lists, and maps, which are lists of keys with values. */
export class ListColumn implements Column {
  readonly type: List | Map_;
  readonly #items: Column;
  readonly #validity = new Validity();
  readonly #offsets = new Offsets();
  #firsts = new Uint32Array(0);
  #lengths = new Uint32Array(0);

  constructor(type: List | Map_, items: Column) {
    this.type = type;
    this.#items = items;
  }

  load(vector: Vector, rows: number): void {
    this.#validity.load(vector, rows);
    const lists = copyRows(vector, rows, this.#validity);
    this.#firsts = wordsOf(lists, FIRST_WORD);
    this.#lengths = wordsOf(lists, LENGTH_WORD);
    this.#items.load(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector));
  }

  bytesOf(start: number, end: number): number {
    let bytes = (end - start) * Int32Array.BYTES_PER_ELEMENT;
    this.#forEachRun(start, end, (firstItem, endItem) => {
      bytes += this.#items.bytesOf(firstItem, endItem);
    });
    return bytes;
  }

  append(start: number, end: number): void {
    this.#validity.append(start, end);
    this.#offsets.append(this.#lengths.subarray(start, end));
    this.#forEachRun(start, end, (firstItem, endItem) => this.#items.append(firstItem, endItem));
  }

  finish(): Data {
    return columnData(this.type, this.#validity.take(), {
      offsets: this.#offsets.take(),
      children: [this.#items.finish()],
    });
  }

  /**
   * Visits the items of the lists by ranges. Mostly that is one range, but DuckDB's lists may also
   * be in any order, have gaps between them, or share their items.
   */
  #forEachRun(start: number, end: number, visit: (firstItem: number, endItem: number) => void) {
    let firstItem = 0;
    let endItem = 0;
    for (let row = start; row < end; row++) {
      const first = this.#firsts[row]!;
      const length = this.#lengths[row]!;
      if (length === 0) continue;
      if (first !== endItem) {
        if (endItem > firstItem) visit(firstItem, endItem);
        firstItem = first;
      }
      endItem = first + length;
    }
    if (endItem > firstItem) visit(firstItem, endItem);
  }
}
