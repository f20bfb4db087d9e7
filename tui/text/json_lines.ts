import type { Span, StyledLine, Tone } from "../screen/widgets/styled_text.ts";

/** Of one text; the rest is left out. */
const MAX_TOKENS = 20_000;
/** Of a string, in UTF-16 code units: images are sent as such. */
const MAX_TOKEN_LENGTH = 2_000;
const INDENT = "  ";
/** A string (perhaps cut off), a mark, or anything else up to the next of these. */
const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/gs;

/**
 * JSON text laid out over lines, with every token as it was written: digits that a number would lose
 * and members that are there twice stay. Text that is not JSON is shown as well as it goes.
 */
export function jsonLines(json: string): StyledLine[] {
  const lines: Span[][] = [[]];
  const add = (text: string, tone: Tone) => lines.at(-1)!.push({ text, tone });
  let depth = 0;
  const breakLine = () => lines.push(depth > 0 ? [{ text: INDENT.repeat(depth) }] : []);
  const tokens = tokensOf(json);
  tokens.forEach((token, i) => {
    const next = tokens[i + 1];
    switch (token) {
      case "{":
      case "[":
        add(token, "muted");
        depth++;
        if (next !== "}" && next !== "]") breakLine();
        break;
      case "}":
      case "]": {
        depth = Math.max(0, depth - 1);
        const before = tokens[i - 1];
        if (before !== "{" && before !== "[") breakLine();
        add(token, "muted");
        break;
      }
      case ",":
        add(token, "muted");
        breakLine();
        break;
      case ":":
        add(": ", "muted");
        break;
      default:
        add(clipped(token), toneOf(token, next));
    }
  });
  if (tokens.length === MAX_TOKENS) {
    lines.push([{ text: "… the rest is not shown", tone: "muted" }]);
  }
  return lines;
}

function tokensOf(json: string): string[] {
  const tokens: string[] = [];
  for (const [token] of json.matchAll(TOKEN)) {
    if (tokens.push(token) === MAX_TOKENS) break;
  }
  return tokens;
}

function clipped(token: string): string {
  if (token.length <= MAX_TOKEN_LENGTH) return token;
  const left = (token.length - MAX_TOKEN_LENGTH).toLocaleString("en-US");
  return `${token.slice(0, MAX_TOKEN_LENGTH)}… and ${left} characters"`;
}

function toneOf(token: string, next: string | undefined): Tone {
  if (token.startsWith('"')) return next === ":" ? "memberName" : "string";
  return /^[-\d]/.test(token) ? "number" : "literal";
}
