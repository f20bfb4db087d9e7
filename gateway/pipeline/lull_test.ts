import assert from "node:assert/strict";
import { Lull } from "./lull.ts";

/** How often the lull has begun after each look. */
function begunAfter(work: readonly number[]): number[] {
  let begun = 0;
  const lull = new Lull(() => begun++);
  return work.map((sum) => {
    lull.look(sum);
    return begun;
  });
}

Deno.test("Lull begins once after a burst", () => {
  assert.deepEqual(
    begunAfter([20_000, 60_000, 60_000, 60_050, 60_090, 60_090, 60_090]),
    [0, 0, 0, 0, 1, 1, 1],
  );
});

Deno.test("Lull does not begin while there is something to do, nor for little", () => {
  const steady = Array.from({ length: 20 }, (_, i) => i * 1000);
  assert.deepEqual(begunAfter(steady), steady.map(() => 0));
  assert.deepEqual(
    begunAfter([0, 0, 0, 0, 5_000, 5_000, 5_000, 5_000, 12_000, 12_000, 12_000, 12_000]),
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  );
});
