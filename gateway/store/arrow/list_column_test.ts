import assert from "node:assert/strict";
import { INTEGER, LIST } from "@duckdb/node-api";
import duckdb, { type Vector } from "@duckdb/node-bindings";
import { Field, Int32, List, Vector as ArrowVector } from "apache-arrow";
import { FixedWidthColumn } from "./fixed_width_column.ts";
import { unchanged } from "./layouts.ts";
import { ListColumn } from "./list_column.ts";

/** A vector of lists, each made of `length` items from the item `first` on. */
function vectorOf(items: number[], lists: { first: number; length: number }[]): Vector {
  const vector = duckdb.create_vector(LIST(INTEGER).toLogicalType().logical_type, lists.length);
  duckdb.list_vector_reserve(vector, items.length);
  duckdb.list_vector_set_size(vector, items.length);
  const bytes = Int32Array.from(items);
  const child = duckdb.list_vector_get_child(vector);
  duckdb.copy_data_to_vector(child, 0, bytes.buffer, 0, bytes.byteLength);
  const words = BigUint64Array.from(
    lists.flatMap(({ first, length }) => [BigInt(first), BigInt(length)]),
  );
  duckdb.copy_data_to_vector(vector, 0, words.buffer, 0, words.byteLength);
  return vector;
}

function newListColumn(): ListColumn {
  const items = new FixedWidthColumn(new Int32(), unchanged(4));
  return new ListColumn(new List(new Field("item", items.type, true)), items);
}

function listsOf(column: ListColumn): number[][] {
  return Array.from(new ArrowVector([column.finish()]), (list) => [...list]);
}

Deno.test("ListColumn takes lists that are in any order, leave gaps, and share items", () => {
  const vector = vectorOf([0, 1, 2, 3, 4, 5, 6, 7], [
    { first: 5, length: 2 },
    { first: 7, length: 1 },
    { first: 0, length: 0 },
    { first: 0, length: 3 },
    { first: 0, length: 3 },
    { first: 2, length: 2 },
  ]);
  const column = newListColumn();
  column.load(vector, 6);
  assert.equal(column.bytesOf(0, 6), 6 * 4 + 11 * 4);
  column.append(0, 6);
  assert.deepEqual(listsOf(column), [[5, 6], [7], [], [0, 1, 2], [0, 1, 2], [2, 3]]);
});

Deno.test("ListColumn goes on with another vector, and begins anew when it is finished", () => {
  const column = newListColumn();
  column.load(vectorOf([1, 2, 3], [{ first: 0, length: 1 }, { first: 1, length: 2 }]), 2);
  column.append(1, 2);
  column.load(vectorOf([4], [{ first: 0, length: 1 }]), 1);
  column.append(0, 1);
  assert.deepEqual(listsOf(column), [[2, 3], [4]]);
  column.append(0, 1);
  assert.deepEqual(listsOf(column), [[4]]);
});
