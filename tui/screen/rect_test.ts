import assert from "node:assert/strict";
import fc from "fast-check";
import { divide, intersect } from "./rect.ts";

Deno.test("divide gives shares of what the fixed lengths leave", () => {
  assert.deepEqual(divide(10, [2, { share: 1 }, { share: 3 }]), [2, 2, 6]);
  assert.deepEqual(divide(9, [{ share: 1 }, { share: 1 }]), [5, 4]);
});

Deno.test("divide gives all cells away if there is a share, and never more than there are", () => {
  const length = fc.oneof(fc.nat(50), fc.record({ share: fc.integer({ min: 1, max: 5 }) }));
  fc.assert(fc.property(fc.nat(200), fc.array(length, { maxLength: 8 }), (total, lengths) => {
    const parts = divide(total, lengths);
    const sum = parts.reduce((a, b) => a + b, 0);
    assert.ok(parts.every((part) => part >= 0));
    const hasShare = lengths.some((length) => typeof length !== "number");
    if (hasShare) assert.equal(sum, total);
    else assert.ok(sum <= total);
  }));
});

Deno.test("intersect is empty where rectangles do not meet", () => {
  const a = { x: 0, y: 0, width: 4, height: 4 };
  assert.deepEqual(intersect(a, { x: 2, y: 3, width: 9, height: 9 }), {
    x: 2,
    y: 3,
    width: 2,
    height: 1,
  });
  assert.equal(intersect(a, { x: 5, y: 0, width: 2, height: 2 }).width, 0);
});
