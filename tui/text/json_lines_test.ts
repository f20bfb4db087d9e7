import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonLines } from "./json_lines.ts";

const plain = (json: string) =>
  jsonLines(json).map((line) => line.map(({ text }) => text).join("")).join("\n");

Deno.test("jsonLines lays JSON out as JSON.stringify does", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 4 }), (json) => {
    const value = JSON.parse(json);
    assert.equal(plain(JSON.stringify(value)), JSON.stringify(value, null, 2));
  }));
});

Deno.test("jsonLines keeps what numbers and objects would lose", () => {
  assert.equal(
    plain('{"n": 12345678901234567890, "n": 1.0}'),
    '{\n  "n": 12345678901234567890,\n  "n": 1.0\n}',
  );
});

Deno.test("jsonLines tells names from strings", () => {
  const tones = jsonLines('{"a":"b"}')[1]!.map(({ tone }) => tone);
  assert.deepEqual(tones.slice(1), ["memberName", "muted", "string"]);
});

Deno.test("jsonLines shows what is no JSON, and stops somewhere", () => {
  assert.equal(plain('{"a": "unfin'), '{\n  "a": "unfin');
  assert.match(plain(`[${"1,".repeat(1e6)}1]`), /the rest is not shown$/);
});

Deno.test("jsonLines shows the beginning of an image, and all that follows it", () => {
  const text = plain(`{"image": "${"A".repeat(5e6)}", "type": "Scan"}`);
  assert.ok(text.length < 3_000);
  assert.match(text, /A… and 4,998,002 characters",\n {2}"type": "Scan"\n}$/);
});
