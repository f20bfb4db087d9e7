import assert from "node:assert/strict";
import { formatPath } from "./json_path.ts";

Deno.test("formatPath writes plain names with dots and everything else in brackets", () => {
  assert.equal(formatPath(["order", "items", 3, "unit price"]), 'order.items[3]["unit price"]');
  assert.equal(formatPath([0, "@type"]), "[0].@type");
  assert.equal(formatPath(["a.b", ""]), '["a.b"][""]');
  assert.equal(formatPath([]), "");
});

Deno.test("formatPath stays short however long the names are", () => {
  assert.ok(formatPath(Array(64).fill("n".repeat(1e5))).length <= 400);
});
