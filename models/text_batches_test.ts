import assert from "node:assert/strict";
import { textBatches } from "./text_batches.ts";

Deno.test("textBatches keeps to both limits, and to the order", () => {
  const texts = ["aa", "b", "cccc", "", "d", "eeeeeeeee", "f"];
  assert.deepEqual(textBatches(texts, { unitsMax: 4 }), [
    ["aa", "b"],
    ["cccc", ""],
    ["d"],
    ["eeeeeeeee"],
    ["f"],
  ]);
  assert.deepEqual(textBatches(["a", "b", "c", "d", "e"], { textsMax: 2, unitsMax: 4 }), [
    ["a", "b"],
    ["c", "d"],
    ["e"],
  ]);
  assert.deepEqual(textBatches([], { unitsMax: 4 }), []);
});
