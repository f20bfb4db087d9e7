/** A word of a text, with its place in UTF-16 code units. */
export interface Word {
  readonly text: string;
  readonly start: number;
  /** After its last code unit. */
  readonly end: number;
}

/**
 * Python's `\w+(?:[-_]\w+)*|\S`, by which models were trained. Its `\w` has no combining marks, which
 * stand alone; its `\S` has the byte order mark, and does not have the control characters U+001C to
 * U+001F and U+0085.
 */
// deno-lint-ignore no-control-regex
const WORD = /[\p{L}\p{N}_]+(?:[-_][\p{L}\p{N}_]+)*|[^\p{White_Space}\x1c-\x1f]/gu;

/** Splits a text as GLiNER's `WhitespaceTokenSplitter` does. */
export function splitWords(text: string): Word[] {
  return Array.from(text.matchAll(WORD), ({ 0: word, index }) => ({
    text: word,
    start: index,
    end: index + word.length,
  }));
}
