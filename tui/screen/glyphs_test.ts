import assert from "node:assert/strict";
import fc from "fast-check";
import stringWidth from "string-width";
import { clipTo, fitTo, glyphsOf, isPlain, widthOf } from "./glyphs.ts";

const shown = (text: string) => [...glyphsOf(text)].map((glyph) => glyph.text).join("");

Deno.test("glyphs have the widths that terminals give them", () => {
  const widths: [string, number][] = [
    ["abc", 3],
    ["漢字", 4],
    ["한국어", 6],
    ["e\u0301", 1],
    ["👩‍👩‍👧‍👦", 2],
    ["🇧🇷", 2],
    ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2],
    ["ação", 4],
    ["─⣿█", 3],
  ];
  for (const [text, width] of widths) assert.equal(widthOf(text), width, text);
});

Deno.test("what is plain takes one cell a character, and joins with nothing that is plain", () => {
  const characters = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code));
  const plain = characters.filter((character) => isPlain(character));
  assert.ok(plain.length > 900);
  assert.deepEqual(plain.filter((character) => stringWidth(character) !== 1), []);
  assert.deepEqual(plain.filter((character) => shown(character) !== character), []);
  assert.equal([...new Intl.Segmenter().segment(plain.join(""))].length, plain.length);
  assert.equal([...new Intl.Segmenter().segment(plain.reverse().join(""))].length, plain.length);
});

Deno.test("control characters become signs, so that a text can command nothing", () => {
  assert.equal(shown("\x1b[31mred\x1b]0;title\x07"), "␛[31mred␛]0;title␇");
  assert.equal(shown("\x9b31m"), "\ufffd31m", "CSI as one C1 character");
  assert.equal(shown("a\r\nb\0c\x7f"), "a␍b␀c␡");
  assert.equal(shown("a\tb"), "a b");
  assert.equal(shown("user\u202egnp.exe"), "user\ufffdgnp.exe", "right-to-left override");
  assert.equal(shown("\u2066x\u2069"), "\ufffdx\ufffd", "isolates");
  assert.equal(shown("\ud800"), "\ufffd", "half a surrogate pair");
  assert.equal(shown("\ud7ff\ue000\uffff"), "\ufffd\ufffd\ufffd", "of no width that is known");
});

Deno.test("no text leaves a control character", () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
      fc.string(),
    ),
  });
  fc.assert(fc.property(hostile, (text) => {
    // deno-lint-ignore no-control-regex -- finding them is the point
    assert.doesNotMatch(shown(text), /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  }));
});

Deno.test("a heap of combining marks is cut down to its base", () => {
  const glyphs = [...glyphsOf(`x${"\u0301".repeat(1_000)}y`)];
  assert.deepEqual(glyphs.map(({ text }) => text), ["x", "y"]);
});

Deno.test("clipTo ends with an ellipsis where something is missing", () => {
  assert.equal(clipTo("hello", 5), "hello");
  assert.equal(clipTo("hello", 4), "hel…");
  assert.equal(clipTo("漢字漢", 5), "漢字…");
  assert.equal(clipTo("漢字漢", 4), "漢…", "half a glyph is none");
  assert.equal(clipTo("hello", 0), "");
});

Deno.test("fitTo always takes the cells that it was given", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, width) => {
    assert.equal(widthOf(fitTo(text, width)), width);
  }));
});
