import type { Span, StyledLine, Tone } from "../screen/widgets/styled_text.ts";

/** Of JSON text that is laid out, in UTF-16 code units; the rest is left out. */
const MAX_LENGTH = 256 << 10;
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
  const tokens = [...json.slice(0, MAX_LENGTH).matchAll(TOKEN)].map(([token]) => token);
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
        add(token, toneOf(token, next));
    }
  });
  if (json.length > MAX_LENGTH) lines.push([{ text: "… the rest is not shown", tone: "muted" }]);
  return lines;
}

function toneOf(token: string, next: string | undefined): Tone {
  if (token.startsWith('"')) return next === ":" ? "memberName" : "string";
  return /^[-\d]/.test(token) ? "number" : "literal";
}
