import assert from "node:assert/strict";
import { nowUs } from "./clock.ts";

/** Runs `test` with clocks that it sets: the wall clock and the monotonic one, ms. */
function withClocks(test: (setMs: (wallMs: number, monotonicMs: number) => void) => void): void {
  const dateNow = Date.now;
  const performanceNow = performance.now;
  try {
    test((wallMs, monotonicMs) => {
      Date.now = () => wallMs;
      performance.now = () => monotonicMs;
    });
  } finally {
    Date.now = dateNow;
    performance.now = performanceNow;
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
  withClocks((setMs) => {
    setMs(1_700_000_000_000, 50);
    nowUs();
    for (const wallMs of [1_700_003_600_000, 1_699_996_400_000]) {
      setMs(wallMs, 50);
      assert.equal(nowUs(), wallMs * 1_000);
    }
  });
});

Deno.test("nowUs counts microseconds while the wall clock shows one millisecond", () => {
  withClocks((setMs) => {
    setMs(1_700_000_000_000, 50);
    const startUs = nowUs();
    const elapsed = [50.25, 50.5, 50.75].map((monotonicMs) => {
      setMs(1_700_000_000_000, monotonicMs);
      return nowUs() - startUs;
    });
    assert.deepEqual(elapsed, [250, 500, 750]);
  });
});
