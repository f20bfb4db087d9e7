import { splitWords } from "../ner/words.ts";

/** Words of a window, as NER models count them; fewer than any of them takes. */
const WORDS_MAX = 300;
/** Windows of a text at most; what follows them is not looked at. */
const WINDOWS_MAX = 64;

/**
 * Cuts a text into parts that a NER model reads as a whole, at the end of a line if one ends in the
 * second half of the part.
 */
export function textWindows(text: string): string[] {
  const words = splitWords(text);
  const windows: string[] = [];
  for (let first = 0; first < words.length && windows.length < WINDOWS_MAX;) {
    let next = Math.min(first + WORDS_MAX, words.length);
    if (next < words.length) {
      const endsLine = (i: number) => text.slice(words[i - 1]!.end, words[i]!.start).includes("\n");
      let cut = next;
      while (cut > first + WORDS_MAX / 2 && !endsLine(cut)) cut--;
      if (endsLine(cut)) next = cut;
    }
    windows.push(text.slice(words[first]!.start, words[next - 1]!.end));
    first = next;
  }
  return windows;
}
