import assert from "node:assert/strict";
import fc from "fast-check";
import { splitWords } from "./words.ts";

const wordsOf = (text: string) => splitWords(text).map((word) => word.text);

Deno.test("splitWords keeps hyphens and underscores inside words, and cuts other marks off", () => {
  assert.deepEqual(wordsOf("The well-known snake_case, isn't it? -no-"), [
    ..."The well-known snake_case , isn ' t it ? - no -".split(" "),
  ]);
});

Deno.test("splitWords takes combining marks and emoji one by one, as Python does", () => {
  assert.deepEqual(wordsOf("naïveté cafe\u0301s"), ["naïveté", "cafe", "\u0301", "s"]);
  assert.deepEqual(wordsOf("👍🏽 私の名前"), ["👍", "🏽", "私の名前"]);
});

Deno.test("splitWords takes for a space what Python does", () => {
  assert.deepEqual(wordsOf("a\x1cb\x1fc\x85d\u3000e"), ["a", "b", "c", "d", "e"]);
  assert.deepEqual(wordsOf("\ufeffa"), ["\ufeff", "a"]);
});

Deno.test("splitWords tells where the words stand, and leaves out nothing visible", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    let position = 0;
    for (const word of splitWords(text)) {
      assert.equal(text.slice(position, word.start).trim(), "");
      assert.equal(text.slice(word.start, word.end), word.text);
      position = word.end;
    }
    assert.equal(text.slice(position).trim(), "");
  }));
});
