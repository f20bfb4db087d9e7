import assert from "node:assert/strict";
import { cleanLabels, InvalidLabelsError, LABELS_MAX } from "./labels.ts";

Deno.test("cleanLabels leaves out what comes twice, and refuses what no prompt should have", () => {
  assert.deepEqual(cleanLabels(["person", " person ", "date"]), ["person", "date"]);
  const many = Array.from({ length: LABELS_MAX + 1 }, (_, i) => `label ${i}`);
  for (const labels of [[""], many, ["x".repeat(1_001)], ["a <<ENT>> b"]]) {
    assert.throws(() => cleanLabels(labels), InvalidLabelsError);
  }
});
