import assert from "node:assert/strict";
import fc from "fast-check";
import { invalidJson } from "./json_syntax.ts";

/** Text, then the line, the column, and parts of the message and of the hint. */
const MISTAKES: [text: string, line: number, column: number, problem: string, hint: string][] = [
  ["", 1, 1, "the text ends here", "JSON object"],
  ["  \n", 2, 1, "the text ends here", "cut off"],
  ['{"a": NaN}', 1, 7, 'expected a value, found "NaN"', "send null"],
  ["[1,\n -Infinity]", 2, 2, '"-Infinity"', "send null"],
  ["{'a':1}", 1, 2, "expected a member name or }", "double quotes"],
  ["{a:1}", 1, 2, 'found "a"', "Put member names in double quotes"],
  ['{"a":hello}', 1, 6, 'found "hello"', "Put text in double quotes"],
  ['{"a":1,}', 1, 8, "expected a member name", "trailing comma"],
  ["[1,]", 1, 4, "expected a value", "trailing comma"],
  ['{"a":1 // one\n}', 1, 8, "expected a comma or }", "comments"],
  ['{"a":1}\n{"b":2}', 2, 1, "expected the end of the text", "x-ndjson"],
  ['{"a" 1}', 1, 6, "expected a colon", "missing comma, colon"],
  ['{"a":01}', 1, 7, "expected a comma or }", "leading zeros"],
  ["[1 2]", 1, 4, "expected a comma or ]", "missing comma"],
  ["1.", 1, 2, "expected the end of the text", "digits on both sides"],
  ["[.5]", 1, 2, "expected a value", "digits on both sides"],
  ["[True]", 1, 2, '"True"', "lower case"],
  ["[undefined]", 1, 2, '"undefined"', "lower case"],
  ['{"a":"line\nbreak"}', 1, 11, "control character", "\\n"],
  ['{"path":"C:\\dir"}', 1, 12, "unknown escape", "double a literal backslash"],
  ['{"a":"\\u12G4"}', 1, 7, "unknown escape", "\\uXXXX"],
  ['{"a":"open', 1, 6, "never closed", "cut off"],
  ['{"a":[1,2', 1, 10, "expected a comma or ]", "cut off"],
  ['{"a":1]', 1, 7, "expected a comma or }", "trailing comma, or add what is missing"],
];

Deno.test("invalidJson names line, column, what was expected and what to change", () => {
  for (const [text, line, column, problem, hint] of MISTAKES) {
    assert.throws(() => JSON.parse(text), SyntaxError);
    const error = invalidJson(text);
    const said = `${JSON.stringify(text)}: ${error.message} | ${error.hint}`;
    assert.deepEqual([error.line, error.column], [line, column], said);
    assert.ok(error.message.includes(problem), said);
    assert.ok(error.hint.includes(hint), said);
  }
});

Deno.test("invalidJson points at the place where a valid text was broken, or at the token it is in", () => {
  fc.assert(
    fc.property(fc.json(), fc.double({ min: 0, max: 1, noNaN: true }), (json, share) => {
      const at = Math.floor(share * json.length);
      const broken = `${json.slice(0, at)}\u0001${json.slice(at)}`;
      // The longest tokens that are reported at their start: false and \u0000.
      const distance = at + 1 - invalidJson(broken).column;
      assert.ok(distance >= 0 && distance <= 5, `${distance}`);
    }),
  );
});

Deno.test("invalidJson shows no more than an excerpt of the text", () => {
  for (
    const text of ["x".repeat(1e6), `["${"x".repeat(1e6)}`, "[".repeat(1e6), "1".repeat(1e6) + "x"]
  ) {
    assert.ok(invalidJson(text).message.length < 200);
  }
});
