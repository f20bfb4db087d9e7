/** A word of a text, with its place in UTF-16 code units. */
export interface Word {
  readonly text: string;
  readonly start: number;
  /** After its last code unit. */
  readonly end: number;
}

/**
 * Letters, digits and underscores, joined by hyphens; or any other visible character. Combining
 * marks stand alone, as Python's `\w` has it: models were trained so.
 */
const WORD = /[\p{L}\p{N}_]+(?:[-_][\p{L}\p{N}_]+)*|\S/gu;

/** Splits a text as GLiNER's `WhitespaceTokenSplitter` does. */
export function splitWords(text: string): Word[] {
  return Array.from(text.matchAll(WORD), ({ 0: word, index }) => ({
    text: word,
    start: index,
    end: index + word.length,
  }));
}
