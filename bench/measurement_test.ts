import assert from "node:assert/strict";
import { compare, median } from "./measurement.ts";

Deno.test("median is the middle value, or halfway between the two middle ones", () => {
  assert.equal(median([3, 100, 1]), 3);
  assert.equal(median([4, 1, 100, 2]), 3);
});

Deno.test("compare measures in turns and takes the medians", async () => {
  const turns: string[] = [];
  const rates = (name: string, ...of: number[]) => () => {
    turns.push(name);
    return of.shift()!;
  };
  const compared = await compare(rates("value", 5, 90, 6), rates("floor", 10, 1, 12), 3);
  assert.deepEqual(compared, { value: 6, floor: 10 });
  assert.deepEqual(turns, ["value", "floor", "value", "floor", "value", "floor"]);
});
