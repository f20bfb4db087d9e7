import assert from "node:assert/strict";
import { bytes, count, duration, percent, plural, short, timeOfDay } from "./format.ts";

Deno.test("numbers are short, and no more precise than they need to be", () => {
  assert.deepEqual([0, 0.037, 7, 950, 12_345, 4_560_000].map(short), [
    ...["0", "0.037", "7", "950", "12.3k", "4.56M"],
  ]);
  assert.equal(short(NaN), "–");
  assert.equal(short(10), "10", "zeros that count are kept");
  assert.equal(count(10_000_000), "10,000,000");
  assert.equal(bytes(423_452_672), "423 MB");
  assert.equal(percent(0.376), "38 %");
  assert.deepEqual([plural(1, "line"), plural(2_000, "line")], ["1 line", "2,000 lines"]);
});

Deno.test("durations have the unit that fits", () => {
  const durations = [0, 0.00085, 0.0123, 4.56, 75, 7_500, 273_600];
  assert.deepEqual(durations.map(duration), [
    ...["0 s", "850 µs", "12.3 ms", "4.56 s", "1 min 15 s", "2 h 05 min", "3 d 4 h"],
  ]);
});

Deno.test("times are in UTC, so that they are those of logs and API", () => {
  assert.equal(timeOfDay(Date.UTC(2026, 2, 14, 9, 26, 53, 589)), "09:26:53.589");
});
