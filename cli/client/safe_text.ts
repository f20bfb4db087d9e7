/**
 * Terminals obey control characters, those from U+0080 on, too; the bidirectional ones show a text
 * in another order than it has.
 */
// deno-lint-ignore no-control-regex -- finding them is the point
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** JSON on one line that says the same, and makes no terminal do anything. */
export function safeJson(json: string): string {
  return json.replace(
    OBEYED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Lines of text with signs in the place of what would make a terminal do anything. Carriage returns,
 * with which lines of CSV end, are left out: alone, they would let a text write over itself.
 */
export function safeText(text: string): string {
  return text.replace(OBEYED, (character) => {
    if (character === "\n" || character === "\t") return character;
    return character === "\r" ? "" : "\ufffd";
  });
}
