/**
 * Finds the last complete JSON object in an answer: in fences, with prose around it, with braces in
 * its strings. What is part of another object, or of a broken or unfinished one, is not looked for.
 * Takes time proportional to the answer's length and never throws.
 */
export function lastJsonObject(answer: string): Readonly<Record<string, unknown>> | undefined {
  let found: Readonly<Record<string, unknown>> | undefined;
  for (let at = answer.indexOf("{"); at >= 0;) {
    const { isObject, next } = scanObject(answer, at);
    if (isObject) found = parse(answer.slice(at, next)) ?? found;
    at = answer.indexOf("{", next);
  }
  return found;
}

interface Scan {
  readonly isObject: boolean;
  /** The object's end, or where another one may begin. */
  readonly next: number;
}

/** What may come next within an object or array. */
type Expected = "key" | "key or end" | "colon" | "value" | "value or end" | "comma or end";

const SPACE = /[ \t\r\n]*/y;
/** Numbers, `true`, `false` and `null`, and what is taken for one until it is parsed. */
const SCALAR = /[-+.\w]*/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Follows the grammar of RFC 8259 from an opening brace on, but for what is in its scalars. */
function scanObject(text: string, start: number): Scan {
  const closers = ["}"];
  let expected: Expected = "key or end";
  let lastString = { start, end: start };
  let at = start + 1;
  while ((at = skip(SPACE, text, at)) < text.length) {
    const character = text[at]!;
    const isKey: boolean = expected.startsWith("key");
    const isValue: boolean = expected.startsWith("value");
    if (character === '"' && (isKey || isValue)) {
      const end = endOfString(text, at);
      lastString = { start: at, end };
      expected = isKey ? "colon" : "comma or end";
      at = end;
    } else if (character === closers.at(-1) && expected.endsWith("end")) {
      at++;
      closers.pop();
      if (closers.length === 0) return { isObject: true, next: at };
      expected = "comma or end";
    } else if (isValue && (character === "{" || character === "[")) {
      at++;
      closers.push(character === "{" ? "}" : "]");
      expected = character === "{" ? "key or end" : "value or end";
    } else if (character === ":" && expected === "colon") {
      at++;
      expected = "value";
    } else if (character === "," && expected === "comma or end") {
      at++;
      expected = closers.at(-1) === "}" ? "key" : "value";
    } else {
      const end = isValue ? skip(SCALAR, text, at) : at;
      // The brace was none of JSON's, nor then need the last quotes have been.
      if (end === at) return { isObject: false, next: braceWithin(text, lastString) ?? at };
      expected = "comma or end";
      at = end;
    }
  }
  return { isObject: false, next: at };
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

function braceWithin(text: string, { start, end }: { start: number; end: number }): number | null {
  const offset = text.slice(start + 1, end).indexOf("{");
  return offset < 0 ? null : start + 1 + offset;
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // it had an escape or a number that JSON does not know
  }
}

/** @returns where what the pattern finds at `at` ends */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}
