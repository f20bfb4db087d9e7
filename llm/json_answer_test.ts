import assert from "node:assert/strict";
import fc from "fast-check";
import { lastJsonObject } from "./json_answer.ts";

const CASES: readonly [name: string, answer: string, expected: unknown][] = [
  ["bare", '{"type":"OrderPlaced"}', { type: "OrderPlaced" }],
  ["in a fence", 'Sure:\n```json\n{"a": [1, {"b": null}]}\n```\nDone.', { a: [1, { b: null }] }],
  ["after another one", '{"a":1} or rather {"a":2}', { a: 2 }],
  ["in an array", '[{"a":1},{"a":2}]', { a: 2 }],
  ["with braces in strings", '{"a":"} {\\" }","b":"{"}', { a: '} {" }', b: "{" }],
  ["after prose with braces", 'Use {curly} or {"broken: x} here {"a":1}', { a: 1 }],
  ["after a stray quote and brace", 'Begin with {" then: {"a":1}', { a: 1 }],
  ["after a template", 'In {{name}} {"a":{"b":{}}}', { a: { b: {} } }],
  ["before an unfinished one", '{"a":1} {"a":2, "b":{"c":3}, "d', { a: 1 }],
  ["before a broken one", '{"a":1} {"a":2, "b":{"c":3}, oops}', { a: 1 }],
  ["before one with a bad escape", '{"a":1} {"a":"\\x"}', { a: 1 }],
  ["before one with a bad number", '{"a":1} {"a":01}', { a: 1 }],
  ["after a string over two lines", '{"a\nb":0, {"a":1}', { a: 1 }],
  ["before one with a line break in a string", '{"a":1} {"a":"b\nc"}', { a: 1 }],
  ["empty", "{ }", {}],
  ["none: prose", "I am not sure.", undefined],
  ["none: unfinished", '{"type":"Order', undefined],
  ["none: only braces", "}}{{[}]{", undefined],
  ["none: a trailing comma", '{"a":1,}', undefined],
];

for (const [name, answer, expected] of CASES) {
  Deno.test(`lastJsonObject finds the last complete object: ${name}`, () => {
    assert.deepEqual(lastJsonObject(answer), expected);
  });
}

Deno.test("lastJsonObject finds every object between texts without braces", () => {
  const prose = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[{}]/g, ""));
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(prose, object, prose, fc.nat(4), (before, value, after, indent) => {
      const json = JSON.stringify(value, null, indent);
      assert.deepEqual(lastJsonObject(before + json + after), JSON.parse(json));
    }),
  );
});

Deno.test("lastJsonObject takes any text", () => {
  const unit = fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "a", "1", " ", "\n");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), (answer) => {
      const found = lastJsonObject(answer);
      assert.ok(found === undefined || typeof found === "object");
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("lastJsonObject reads megabytes of what nearly are objects", () => {
  const units = ["{", '{"', '{"a":', '{"a":[', '{"a":"', '{"a":{},', "{}", '"{', '{"\\', '{ "a" x'];
  for (const unit of units) lastJsonObject(unit.repeat(1_000_000 / unit.length));
});
