import assert from "node:assert/strict";
import { CtcDecoder } from "./ctc.ts";

const CHARACTERS = ["a", "b", "á", "à", " "];
const CLASSES = CHARACTERS.length + 1;
const decoder = new CtcDecoder(CHARACTERS);

/** Steps in which each character is as likely as said; what is left goes to the blank. */
function steps(...likely: Record<string, number>[]): Float32Array {
  const probabilities = new Float32Array(likely.length * CLASSES);
  for (const [step, shares] of likely.entries()) {
    let rest = 1;
    for (const [character, share] of Object.entries(shares)) {
      probabilities[step * CLASSES + CHARACTERS.indexOf(character) + 1] = share;
      rest -= share;
    }
    probabilities[step * CLASSES] = rest;
  }
  return probabilities;
}

function read(...likely: Record<string, number>[]): string {
  return decoder.decode(steps(...likely), CLASSES).text;
}

Deno.test("CtcDecoder joins what stays the same, and keeps what a blank parts", () => {
  assert.equal(read({ a: 0.9 }, { a: 0.8 }, {}, { a: 0.9 }, { b: 0.9 }), "aab");
  assert.equal(read({}, {}), "");
});

Deno.test("CtcDecoder takes a space that is likely enough between characters, and none elsewhere", () => {
  assert.equal(read({ a: 0.9 }, { " ": 0.02 }, { b: 0.9 }), "a b");
  assert.equal(read({ a: 0.9 }, { " ": 0.9 }, { " ": 0.9 }, { b: 0.9 }), "a b");
  assert.equal(read({ a: 0.9 }, { " ": 0.005 }, { b: 0.9 }), "ab");
  assert.equal(read({ " ": 0.9 }, { a: 0.9 }, { " ": 0.9 }), "a");
});

Deno.test("CtcDecoder prefers the likelier accent to none", () => {
  assert.equal(read({ a: 0.7, "á": 0.1, "à": 0.05 }), "á");
  assert.equal(read({ a: 0.9, "á": 0.02 }), "a");
  assert.equal(read({ b: 0.9, "á": 0.1 }), "b");
});

Deno.test("CtcDecoder's score is the mean of the characters'", () => {
  const { score } = decoder.decode(steps({ a: 0.6 }, { b: 0.8 }), CLASSES);
  assert.ok(Math.abs(score - 0.7) < 1e-6);
  assert.equal(decoder.decode(steps({}), CLASSES).score, 0);
});
