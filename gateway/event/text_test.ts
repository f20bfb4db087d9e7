import assert from "node:assert/strict";
import fc from "fast-check";
import { clip, describeValue } from "./text.ts";

Deno.test("clip never exceeds its length and never cuts a character in two", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 2, max: 20 }), (text, max) => {
      const clipped = clip(text, max);
      assert.ok(clipped.length <= max);
      assert.ok(clipped.isWellFormed());
      assert.ok(clipped === text || text.startsWith(clipped.slice(0, -1)));
    }),
  );
});

Deno.test("clip leaves a text that fits as it is", () => {
  assert.equal(clip("abcd", 4), "abcd");
  assert.equal(clip("abcde", 4), "abc…");
  assert.equal(clip("ab😀de", 4), "ab…");
});

Deno.test("describeValue shows scalars in full, long texts in part and containers by kind", () => {
  assert.equal(describeValue("high"), '"high"');
  assert.equal(describeValue(null), "null");
  assert.equal(describeValue({ a: 1 }), "an object");
  assert.equal(describeValue([1]), "an array");
  assert.equal(describeValue("x".repeat(1e6)).length, 60);
});
