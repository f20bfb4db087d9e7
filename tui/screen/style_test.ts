import assert from "node:assert/strict";
import { describeStyle, over, PLAIN, sgr, style } from "./style.ts";

Deno.test("a style says what it was made of", () => {
  const said = { fg: 0, bg: 255, bold: true, reverse: true };
  assert.deepEqual(describeStyle(style(said)), said);
  assert.deepEqual(describeStyle(PLAIN), {});
});

Deno.test("over keeps the colours that the upper style does not say", () => {
  const both = over(style({ fg: 1, bg: 2, underline: true }), style({ fg: 3, bold: true }));
  assert.deepEqual(describeStyle(both), { fg: 3, bg: 2, bold: true, underline: true });
});

Deno.test("sgr begins with a reset, so that nothing of the style before remains", () => {
  assert.equal(sgr(style({ fg: 80, bg: 234, bold: true })), "\x1b[0;1;38;5;80;48;5;234m");
  assert.equal(sgr(PLAIN), "\x1b[0m");
});
