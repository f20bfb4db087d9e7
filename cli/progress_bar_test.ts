import assert from "node:assert/strict";
import { ProgressBar } from "./progress_bar.ts";

function barOf(isTerminal: boolean) {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  return { bar: new ProgressBar({ label: "model", write, isTerminal }), written };
}

Deno.test("ProgressBar shows share, rate and the time left, over itself", () => {
  const { bar, written } = barOf(true);
  bar.update(0, 100e6, 0);
  bar.update(25e6, 100e6, 1_000);
  bar.update(100e6, 100e6, 2_000);
  assert.deepEqual(written, [
    `\r\x1b[2Kmodel ${"─".repeat(24)} 0 % 0.0 of 100.0 MB`,
    `\r\x1b[2Kmodel ${"━".repeat(6)}${"─".repeat(18)} 25 % 25.0 of 100.0 MB, 25.0 MB/s, 3 s left`,
    `\r\x1b[2Kmodel ${"━".repeat(24)} 100 % 100.0 of 100.0 MB, 50.0 MB/s\n`,
  ]);
});

Deno.test("ProgressBar is not drawn more often than it can be seen", () => {
  const { bar, written } = barOf(true);
  for (let ms = 0; ms < 1_000; ms++) bar.update(ms, 1e6, ms);
  assert.equal(written.length, 10);
});

Deno.test("ProgressBar forgets what was longer ago than a few seconds", () => {
  const { bar, written } = barOf(true);
  bar.update(50e6, 100e6, 0);
  bar.update(50e6, 100e6, 6_000);
  bar.update(51e6, 100e6, 7_000);
  assert.match(written.at(-1)!, /1\.0 MB\/s, 49 s left$/);
});

Deno.test("ProgressBar writes one line where there is no terminal", () => {
  const { bar, written } = barOf(false);
  bar.update(0, 2e6, 0);
  bar.update(1e6, 2e6, 1_000);
  bar.update(2e6, 2e6, 2_000);
  assert.deepEqual(written, [`model ${"━".repeat(24)} 100 % 2.0 of 2.0 MB, 1.0 MB/s\n`]);
});
