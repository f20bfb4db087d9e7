import type { PathSegment } from "./json_path.ts";
import { formatPath } from "./json_path.ts";
import type { JsonValue } from "./strict_json.ts";

/** A container that the walk over the text is inside of. */
interface Level {
  /** The names seen so far; null for an array. */
  readonly names: Set<string> | null;
  /** The member or element the walk is at. */
  at: PathSegment;
  /** Whether the next string is a name rather than a value. */
  expectsName: boolean;
}

/**
 * Path of the first member whose name its object already has, or null.
 *
 * @param text Valid JSON: `JSON.parse` took it.
 */
export function findDuplicateMember(text: string): string | null {
  const levels: Level[] = [];
  for (let i = 0; i < text.length; i++) {
    const level = levels.at(-1);
    switch (text[i]) {
      case '"': {
        const start = i;
        i = closingQuote(text, start);
        if (!level?.names || !level.expectsName) break;
        const name: string = JSON.parse(text.slice(start, i + 1));
        level.at = name;
        level.expectsName = false;
        if (level.names.has(name)) return formatPath(levels.map(({ at }) => at));
        level.names.add(name);
        break;
      }
      case "{":
        levels.push({ names: new Set(), at: "", expectsName: true });
        break;
      case "[":
        levels.push({ names: null, at: 0, expectsName: false });
        break;
      case ",":
        if (level?.names) level.expectsName = true;
        else if (typeof level?.at === "number") level.at++;
        break;
      case "}":
      case "]":
        levels.pop();
    }
  }
  return null;
}

function closingQuote(text: string, openingQuote: number): number {
  let i = openingQuote + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i;
}

/**
 * Path of the first name or scalar for which `isDefect` holds, or null.
 * Recursive: the depth of `value` must have been checked before.
 */
export function findDefect(value: JsonValue, isDefect: Predicate): string | null {
  const segments = defectSegments(value, isDefect);
  return segments === null ? null : formatPath(segments);
}

type Predicate = (scalar: string | number | boolean | null) => boolean;

function defectSegments(value: JsonValue, isDefect: Predicate): PathSegment[] | null {
  if (value === null || typeof value !== "object") return isDefect(value) ? [] : null;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const rest = defectSegments(value[i], isDefect);
      if (rest !== null) return [i, ...rest];
    }
    return null;
  }
  for (const [name, member] of Object.entries(value)) {
    if (isDefect(name)) return [name];
    const rest = defectSegments(member, isDefect);
    if (rest !== null) return [name, ...rest];
  }
  return null;
}
