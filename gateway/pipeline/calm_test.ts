import assert from "node:assert/strict";
import { calm } from "./calm.ts";

const FOREVER_MS = 1e9;

/** Work that goes on without a pause for so many windows. */
function workFor(windows: number) {
  let looks = 0;
  return {
    workedMs: () => Math.min(Math.floor(++looks / 2), windows) * FOREVER_MS,
    looks: () => looks,
  };
}

Deno.test("calm waits until a thread has worked for less than half of a while", async () => {
  for (const windows of [0, 1, 3]) {
    const { workedMs, looks } = workFor(windows);
    await calm(FOREVER_MS, workedMs);
    assert.equal(looks(), 2 * (windows + 1));
  }
});

Deno.test("calm does not wait for ever", async () => {
  const { workedMs } = workFor(Infinity);
  await calm(60, workedMs);
});

Deno.test("calm comes to a thread that has nothing to do", () => calm(FOREVER_MS));
