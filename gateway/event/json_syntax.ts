import { InvalidJsonError } from "./errors.ts";

/** What the grammar allows next; the wording is used in messages. */
type Expected =
  | "a value"
  | "a value or ]"
  | "a member name or }"
  | "a member name"
  | "a colon"
  | "a comma or }"
  | "a comma or ]"
  | "the end of the text";

interface Fault {
  offset: number;
  problem: string;
  hint: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const WORD = /[\p{L}\p{N}_$+-]{1,20}/uy;
const LITERALS = ["true", "false", "null"];

/**
 * Explains why `text` is not JSON: which line and column, what was expected and what to change.
 *
 * `JSON.parse` decides; this only runs once it has refused, because its own messages leave out the
 * position of most mistakes. Linear in the text, and without recursion.
 */
export function invalidJson(text: string): InvalidJsonError {
  const { offset, problem, hint } = findFault(text);
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", lineStart)) {
    line++;
    lineStart = i + 1;
  }
  return new InvalidJsonError(problem, hint, { line, column: offset - lineStart + 1 });
}

/** The first place where `text` leaves the grammar of RFC 8259. */
function findFault(text: string): Fault {
  const closers: ("}" | "]")[] = [];
  let expected: Expected = "a value";
  let i = 0;
  const afterValue = (): Expected => {
    const closer = closers.at(-1);
    return closer === undefined ? "the end of the text" : `a comma or ${closer}`;
  };

  while (true) {
    i = skipWhitespace(text, i);
    const char = text[i];
    if (char !== undefined && expected.endsWith(char) && (char === "}" || char === "]")) {
      closers.pop();
      expected = afterValue();
      i++;
    } else if (char === "," && expected.startsWith("a comma")) {
      expected = closers.at(-1) === "}" ? "a member name" : "a value";
      i++;
    } else if (char === ":" && expected === "a colon") {
      expected = "a value";
      i++;
    } else if (
      char === '"' && (expected.startsWith("a member") || expected.startsWith("a value"))
    ) {
      const end = stringEnd(text, i);
      if (typeof end !== "number") return end;
      expected = expected.startsWith("a member") ? "a colon" : afterValue();
      i = end;
    } else if (char === "{" && expected.startsWith("a value")) {
      closers.push("}");
      expected = "a member name or }";
      i++;
    } else if (char === "[" && expected.startsWith("a value")) {
      closers.push("]");
      expected = "a value or ]";
      i++;
    } else {
      const end = expected.startsWith("a value") ? scalarEnd(text, i) : i;
      if (end === i) return unexpected(text, i, expected);
      expected = afterValue();
      i = end;
    }
  }
}

function skipWhitespace(text: string, start: number): number {
  let i = start;
  while (text[i] === " " || text[i] === "\n" || text[i] === "\r" || text[i] === "\t") i++;
  return i;
}

/** Past the literal or number that starts at `start`, or `start` where there is none. */
function scalarEnd(text: string, start: number): number {
  for (const literal of LITERALS) {
    if (text.startsWith(literal, start)) return start + literal.length;
  }
  NUMBER.lastIndex = start;
  return NUMBER.test(text) ? NUMBER.lastIndex : start;
}

/** Past the closing quote of the string that starts at `start`, or what is wrong inside it. */
function stringEnd(text: string, start: number): number | Fault {
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') return i + 1;
    if (char < " ") {
      return {
        offset: i,
        problem: `control character ${JSON.stringify(char)} inside a string`,
        hint: "Escape line breaks as \\n, tabs as \\t and other control characters as \\u00XX.",
      };
    }
    if (char !== "\\") continue;
    i++;
    HEX4.lastIndex = i + 1;
    const known = text[i] === "u" ? HEX4.test(text) : '"\\/bfnrt'.includes(text[i] ?? " ");
    if (!known && i < text.length) {
      return {
        offset: i - 1,
        problem: "unknown escape sequence in a string",
        hint:
          'Only \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX exist; double a literal backslash.',
      };
    }
  }
  return {
    offset: start,
    problem: "this string is never closed",
    hint: "Close it with a double quote, and check that the body was not cut off.",
  };
}

function unexpected(text: string, offset: number, expected: Expected): Fault {
  const char = text[offset];
  if (char === undefined) {
    return {
      offset,
      problem: `expected ${expected}, but the text ends here`,
      hint: offset === 0 ? "Send a JSON object." : "Check that the body was not cut off.",
    };
  }
  WORD.lastIndex = offset;
  const found = WORD.exec(text)?.[0] ?? String.fromCodePoint(text.codePointAt(offset)!);
  return {
    offset,
    problem: `expected ${expected}, found ${JSON.stringify(found)}`,
    hint: hintFor(found, expected, text[offset - 1]),
  };
}

function hintFor(found: string, expected: Expected, before: string | undefined): string {
  if (/^[+-]?(NaN|Infinity)/i.test(found)) return "JSON has no NaN or Infinity: send null.";
  if (/^(True|False|None|undefined|nil)\b/i.test(found)) {
    return "The literals are true, false and null, in lower case.";
  }
  if (found === "'" || found === "`") return "Strings and names need double quotes.";
  if (found === "/" || found === "#") return "JSON has no comments: remove them.";
  if (found === "}" || found === "]") return "Remove the trailing comma, or add what is missing.";
  if (/^[+.\d-]/.test(found) && (expected.startsWith("a value") || /\d/.test(before ?? ""))) {
    return "Numbers have no plus sign or leading zeros, and digits on both sides of the point.";
  }
  if (expected === "the end of the text") {
    return "Send one JSON value; several events go one per line, as application/x-ndjson.";
  }
  if (expected.startsWith("a member name")) return "Put member names in double quotes.";
  if (expected.startsWith("a value")) return "Put text in double quotes.";
  return "Check for a missing comma, colon or quote just before this place.";
}
