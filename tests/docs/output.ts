import assert from "node:assert/strict";

/** In what a document shows, this stands for anything. */
const ANYTHING = "…";
/** What differs from run to run, and is alike if its form is. */
const VARYING = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::\d\d)?)?/,
  /\d\d:\d\d:\d\d\.\d+/,
  /[+-]?\d+\.\d+(?:e[+-]?\d+)?/,
];
const ANY_VARYING = new RegExp(VARYING.map(({ source }) => `(${source})`).join("|"), "g");

/**
 * Asserts that a program printed what a document shows. Ids, times and numbers with decimals are
 * compared by their form, blanks inside a line by being there; `…` stands for anything, on a line of its own
 * for any lines. In JSON it stands for a value, and as the last member or element for any others.
 *
 * @param language of the block that shows it
 */
export function assertPrinted(language: string, shown: string, printed: string): void {
  const problem = language === "json"
    ? difference(parse(shown), parse(printed), "$")
    : new RegExp(`^${patternOf(shown)}$`).test(printed.trimEnd())
    ? null
    : `it is not:\n${shown}`;
  if (problem !== null) {
    throw new assert.AssertionError({ message: `printed was:\n${printed}\n${problem}` });
  }
}

/** A regular expression's source for what a document shows as text. */
export function patternOf(shown: string): string {
  return shown.trimEnd().split("\n").map((line, i) => {
    if (line.trim() === ANYTHING) return "[^]*";
    return `${i === 0 ? "" : "\\n"}${linePattern(line)}`;
  }).join("");
}

function linePattern(shown: string): string {
  const line = shown.trim();
  // Formatters move blocks to the margin.
  let pattern = " *";
  let end = 0;
  for (const match of line.matchAll(ANY_VARYING)) {
    pattern += literalPattern(line.slice(end, match.index));
    pattern += VARYING[match.slice(1).findIndex((group) => group !== undefined)]!.source;
    end = match.index + match[0].length;
  }
  return `${pattern}${literalPattern(line.slice(end))} *`;
}

function literalPattern(text: string): string {
  return text.split(ANYTHING)
    .map((part) => part.split(/ +/).map((word) => RegExp.escape(word)).join(" +"))
    .join(".*");
}

/** Where two JSON values are not alike, in words; null = they are. */
function difference(shown: unknown, printed: unknown, path: string): string | null {
  if (shown === ANYTHING) return null;
  if (typeof shown === "number" && typeof printed === "number") {
    return shown === printed || !Number.isInteger(shown) ? null : unlike(shown, printed, path);
  }
  if (typeof shown === "string" && typeof printed === "string") {
    return new RegExp(`^${patternOf(shown)}$`).test(printed) ? null : unlike(shown, printed, path);
  }
  if (!isObject(shown) || !isObject(printed) || Array.isArray(shown) !== Array.isArray(printed)) {
    return shown === printed ? null : unlike(shown, printed, path);
  }
  const isOpen = Array.isArray(shown) ? shown.at(-1) === ANYTHING : ANYTHING in shown;
  const expected = Object.entries(shown)
    .filter(([name, value]) => name !== ANYTHING && !(Array.isArray(shown) && value === ANYTHING));
  if (!isOpen && Object.keys(printed).length > expected.length) {
    return `${path} has members ${Object.keys(printed).join(", ")}`;
  }
  for (const [name, value] of expected) {
    if (!(name in printed)) return `${path}.${name} is missing`;
    const problem = difference(value, printed[name], `${path}.${name}`);
    if (problem !== null) return problem;
  }
  return null;
}

function unlike(shown: unknown, printed: unknown, path: string): string {
  return `${path} is ${JSON.stringify(printed)} instead of ${JSON.stringify(shown)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new assert.AssertionError({ message: `not JSON: ${text}` });
  }
}
