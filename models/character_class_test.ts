import assert from "node:assert/strict";
import { characterClassOf, LETTER, MARK, SEPARATOR, SYMBOL } from "./character_class.ts";

Deno.test("characterClassOf follows the Unicode general category, first asked or asked again", () => {
  const expected = [
    ["aZçßжع中ひ7٣²Ⅷ𝒳", LETTER],
    ["$€+<=~^©👍🇧", SYMBOL],
    ["\u0301\u093e\ufe0f\u20e3", MARK],
    [" \t\n\u00a0.,;:!?'\"-_–…()«»、\u0000\u200d\ufeff\ue000", SEPARATOR],
  ] as const;
  for (let round = 0; round < 2; round++) {
    for (const [characters, characterClass] of expected) {
      for (const character of characters) {
        assert.equal(
          characterClassOf(character.codePointAt(0)!),
          characterClass,
          JSON.stringify(character),
        );
      }
    }
  }
});
