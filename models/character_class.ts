/** What a code point does to the words around it. */
export type CharacterClass = typeof SEPARATOR | typeof LETTER | typeof SYMBOL | typeof MARK;

/** Stands between words: white space, punctuation, control characters. */
export const SEPARATOR = 1;
/** Stands beside other letters in a word: a letter or a digit. */
export const LETTER = 2;
/** Is a word by itself: an emoji, a currency or mathematical sign. */
export const SYMBOL = 3;
/** Belongs to the character before it: an accent, a vowel sign, a variation selector. */
export const MARK = 4;

// 0 = not asked yet. Asking the regular expressions costs 50 times more than remembering.
const known = new Uint8Array(0x10000);

/** The class of a code point, by its Unicode general category: L and N, S, M, or any other. */
export function characterClassOf(codePoint: number): CharacterClass {
  const remembered = known[codePoint];
  if (remembered !== undefined && remembered !== 0) return remembered as CharacterClass;
  const found = classify(String.fromCodePoint(codePoint));
  if (codePoint < known.length) known[codePoint] = found;
  return found;
}

function classify(character: string): CharacterClass {
  if (/[\p{L}\p{N}]/u.test(character)) return LETTER;
  if (/\p{S}/u.test(character)) return SYMBOL;
  if (/\p{M}/u.test(character)) return MARK;
  return SEPARATOR;
}
