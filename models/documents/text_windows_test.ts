import assert from "node:assert/strict";
import { textWindows } from "./text_windows.ts";

Deno.test("textWindows leaves a short text as it is, and finds nothing in an empty one", () => {
  assert.deepEqual(textWindows("Total: 5 EUR"), ["Total: 5 EUR"]);
  assert.deepEqual(textWindows(" \n"), []);
});

Deno.test("textWindows cuts at the end of a line, or between words where there is none", () => {
  const line = (count: number) => Array.from({ length: count }, () => "word").join(" ");
  const windows = textWindows(`${line(200)}\n${line(90)}\n${line(400)}`);
  assert.deepEqual(windows.map((window) => window.split(/\s/).length), [290, 300, 100]);
});

Deno.test("textWindows looks at the beginning of an endless text only", () => {
  assert.equal(textWindows("a ".repeat(100_000)).length, 64);
});
