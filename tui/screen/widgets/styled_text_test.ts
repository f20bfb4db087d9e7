import assert from "node:assert/strict";
import fc from "fast-check";
import { widthOf } from "../glyphs.ts";
import { type StyledLine, wrapLine } from "./styled_text.ts";

const plain = (lines: readonly StyledLine[]) =>
  lines.map((line) => line.map(({ text }) => text).join(""));

Deno.test("wrapLine breaks between words, and words that are too long anywhere", () => {
  assert.deepEqual(plain(wrapLine([{ text: "one two three" }], 8)), ["one two", "three"]);
  assert.deepEqual(plain(wrapLine([{ text: "abcdefghij" }], 4)), ["abcd", "efgh", "ij"]);
  assert.deepEqual(plain(wrapLine([{ text: "漢字漢字" }], 5)), ["漢字", "漢字"]);
});

Deno.test("wrapLine keeps the indentation and the styles", () => {
  const lines = wrapLine([{ text: "  " }, { text: "one two", tone: "string" }], 6);
  assert.deepEqual(plain(lines), ["  one", "  two"]);
  assert.equal(lines[1]!.at(-1)!.tone, "string");
});

Deno.test("wrapLine loses nothing but spaces, and nothing is wider than it may be", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "bc", " ", "漢", "👩‍👩‍👧‍👦", "é"), maxLength: 60 });
  fc.assert(fc.property(text, fc.integer({ min: 4, max: 30 }), (text, width) => {
    const lines = plain(wrapLine([{ text }], width));
    assert.ok(lines.every((line) => widthOf(line) <= width));
    assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
  }));
});
