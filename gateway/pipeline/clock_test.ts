import assert from "node:assert/strict";
import { nowUs } from "./clock.ts";

/** Runs `test` with a clock that it sets. */
function withWallClock(test: (setMs: (unixMs: number) => void) => void): void {
  const original = Date.now;
  try {
    test((unixMs) => Date.now = () => unixMs);
  } finally {
    Date.now = original;
  }
}

Deno.test("nowUs is the wall clock's time in whole microseconds", () => {
  const beforeMs = Date.now();
  const us = nowUs();
  const afterMs = Date.now();
  assert.ok(Number.isSafeInteger(us));
  assert.ok(us >= (beforeMs - 6) * 1_000 && us <= (afterMs + 6) * 1_000, `${us}`);
});

Deno.test("nowUs follows a wall clock that was set, in either direction", () => {
  const realMs = Date.now();
  withWallClock((setMs) => {
    for (const offsetMs of [3_600_000, -3_600_000]) {
      setMs(realMs + offsetMs);
      assert.equal(nowUs(), (realMs + offsetMs) * 1_000);
    }
  });
});

Deno.test("nowUs grows by microseconds while the wall clock shows one millisecond", () => {
  const realMs = Date.now();
  withWallClock((setMs) => {
    setMs(realMs + 1_000);
    const times = Array.from({ length: 100 }, () => nowUs());
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
  });
});
