import assert from "node:assert/strict";
import fc from "fast-check";
import { ProgressBar } from "./progress_bar.ts";

function barOf(columns: number | null) {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  return { bar: new ProgressBar({ label: "model", write, columns }), written };
}

Deno.test("ProgressBar shows share, rate and the time left, over itself", () => {
  const { bar, written } = barOf(80);
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
  const { bar, written } = barOf(80);
  for (let ms = 0; ms < 1_000; ms++) bar.update(ms, 1e6, ms);
  assert.equal(written.length, 10);
});

Deno.test("ProgressBar forgets what was longer ago than a few seconds", () => {
  const { bar, written } = barOf(80);
  bar.update(50e6, 100e6, 0);
  bar.update(50e6, 100e6, 6_000);
  bar.update(51e6, 100e6, 7_000);
  assert.match(written.at(-1)!, /1\.0 MB\/s, 49 s left$/);
});

Deno.test("ProgressBar never fills the last cell of its terminal", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat({ max: 3e9 }), (columns, doneBytes) => {
      const { bar, written } = barOf(columns);
      bar.update(0, 3e9, 0);
      bar.update(doneBytes, 3e9, 1_000);
      for (const text of written) {
        // deno-lint-ignore no-control-regex
        assert.ok(text.replace(/^\r\x1b\[2K/, "").trimEnd().length < columns, text);
      }
    }),
  );
});

Deno.test("ProgressBar leaves a line of its own to what comes after it", () => {
  const { bar, written } = barOf(80);
  bar.close();
  bar.update(1e6, 2e6, 0);
  bar.close();
  bar.update(2e6, 2e6, 1_000);
  bar.close();
  assert.equal(written.join("").match(/\n/g)?.length, 2);
});

Deno.test("ProgressBar writes one line where there is no terminal", () => {
  const { bar, written } = barOf(null);
  bar.update(0, 2e6, 0);
  bar.update(1e6, 2e6, 1_000);
  bar.update(2e6, 2e6, 2_000);
  assert.deepEqual(written, [`model ${"━".repeat(24)} 100 % 2.0 of 2.0 MB, 1.0 MB/s\n`]);
});
