import assert from "node:assert/strict";
import { writeNormalised } from "./write_normalised.ts";

Deno.test("writeNormalised gives a vector the length 1, and touches nothing else", () => {
  const floats = new Float32Array(4).fill(7);
  writeNormalised([3, 4], floats, 1);
  assert.deepEqual(floats, Float32Array.of(7, 0.6, 0.8, 7));
});

Deno.test("writeNormalised writes a vector over itself", () => {
  const floats = Float32Array.of(7, 3, 4);
  writeNormalised(floats.subarray(1), floats, 1);
  assert.deepEqual(floats, Float32Array.of(7, 0.6, 0.8));
});

Deno.test("writeNormalised takes numbers whose squares are beyond all numbers", () => {
  const floats = new Float32Array(2);
  writeNormalised([3e200, 4e200], floats, 0);
  assert.deepEqual(floats, Float32Array.of(0.6, 0.8));
});

Deno.test("writeNormalised shows by NaN that a vector has no direction", () => {
  const floats = new Float32Array(2);
  for (const vector of [[0, 0], [1, NaN]]) {
    writeNormalised(vector, floats, 0);
    assert.ok(floats.every(Number.isNaN));
  }
});
