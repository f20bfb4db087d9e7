import assert from "node:assert/strict";
import fc from "fast-check";
import { dotProduct } from "./dot_product.ts";

Deno.test("dotProduct multiplies every pair once, whatever the length", () => {
  const pairs = fc.array(
    fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })),
    {
      maxLength: 40,
    },
  );
  fc.assert(fc.property(pairs, (pairs) => {
    const product = dotProduct(
      Float32Array.from(pairs, ([a]) => a),
      Float32Array.from(pairs, ([, b]) => b),
    );
    assert.equal(product, pairs.reduce((sum, [a, b]) => sum + a * b, 0) + 0);
  }));
});
