import { styleText } from "node:util";
import { clipTo } from "../../tui/screen/glyphs.ts";
import type { Finding, FindingStatus } from "./finding.ts";

const SIGNS: Readonly<
  Record<FindingStatus, readonly [sign: string, colour: "green" | "yellow" | "red"]>
> = {
  ok: ["✓", "green"],
  warning: ["!", "yellow"],
  broken: ["✗", "red"],
};
const NAME_CELLS = 16;

/** A finding for people: a sign, what it is about, and, on a line of its own, what to do. */
export function findingLines(
  { name, status, message, hint }: Finding,
  { hasColours }: { readonly hasColours: boolean },
): string[] {
  const [sign, colour] = SIGNS[status];
  const mark = hasColours ? styleText(colour, sign, { validateStream: false }) : sign;
  const lines = [`${mark} ${name.padEnd(NAME_CELLS)}${shown(message)}`];
  if (hint !== null) lines.push(" ".repeat(NAME_CELLS + 2) + shown(hint));
  return lines;
}

/** Names of models and files come from elsewhere. */
function shown(text: string): string {
  return clipTo(text, Infinity);
}
