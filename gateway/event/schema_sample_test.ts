import assert from "node:assert/strict";
import fc from "fast-check";
import { sampleOf } from "./schema_sample.ts";
import type { JsonObject } from "./strict_json.ts";

Deno.test("sampleOf pretty-prints a payload that fits", () => {
  const payload = { type: "Order", items: [{ sku: "a" }] };
  assert.equal(sampleOf(payload), JSON.stringify(payload, null, 2));
});

Deno.test("sampleOf shortens strings and arrays of a payload that does not fit", () => {
  const sample = JSON.parse(sampleOf({ image: "A".repeat(1e6), items: Array(1e4).fill(7), n: 1 }));
  assert.equal(sample.image.length, 200);
  assert.deepEqual({ items: sample.items, n: sample.n }, { items: [7, 7, 7, 7, 7], n: 1 });
});

Deno.test("sampleOf is valid JSON of at most 16 Ki code units for any payload", () => {
  const payload = fc.dictionary(
    fc.string({ maxLength: 3000 }),
    fc.oneof(fc.jsonValue(), fc.string({ minLength: 5000, maxLength: 20_000 })),
    { maxKeys: 12 },
  );
  fc.assert(
    fc.property(payload, (payload) => {
      const sample = sampleOf(payload as JsonObject);
      assert.ok(sample.length <= 16 * 1024);
      assert.equal(typeof JSON.parse(sample), "object");
    }),
    { numRuns: 50 },
  );
  assert.equal(sampleOf({ ["n".repeat(20_000)]: 1 }), "{}");
});
