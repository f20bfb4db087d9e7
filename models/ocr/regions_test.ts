import assert from "node:assert/strict";
import { findRegions } from "./regions.ts";

Deno.test("findRegions parts what does not touch, and joins what touches at a corner", () => {
  const rows = [
    "##..#",
    "..#..",
    ".....",
    "#...#",
  ];
  const map = Float32Array.from(rows.join(""), (cell) => cell === "#" ? 0.8 : 0.1);
  const regions = findRegions(map, 5, 4, 0.3);
  assert.deepEqual(regions.map(({ pixels }) => pixels), [3, 1, 1, 1]);
  assert.deepEqual(regions[0]!.outline, [[0, 0], [1, 0], [2, 1], [2, 1]]);
  for (const { score } of regions) assert.ok(Math.abs(score - 0.8) < 1e-6);
});

Deno.test("findRegions finds nothing in an empty map", () => {
  assert.deepEqual(findRegions(new Float32Array(12), 4, 3, 0.3), []);
});
