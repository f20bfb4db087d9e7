import { type Glyph, glyphsOf, isPlain } from "../glyphs.ts";
import type { Style } from "../style.ts";
import type { Theme } from "../theme.ts";

/** The name of a theme's style. */
export type Tone = {
  [K in keyof Theme]: Theme[K] extends Style ? K : never;
}[keyof Theme];

/** A piece of text that looks alike. */
export interface Span {
  readonly text: string;
  /** @default "text" */
  readonly tone?: Tone;
}

/** A line of text, piece by piece. */
export type StyledLine = readonly Span[];

interface StyledGlyph extends Glyph {
  readonly tone: Tone;
}

/** Lines of a text in one style. */
export function linesOf(text: string, tone: Tone = "text"): StyledLine[] {
  return text.split(/\r\n|\n|\r/).map((line) => [{ text: line, tone }]);
}

/**
 * Breaks a line so that no part is wider than `width`, between words where that is possible. What
 * follows is indented as the line is.
 */
export function wrapLine(line: StyledLine, width: number): StyledLine[] {
  const length = line.reduce((sum, { text }) => sum + text.length, 0);
  if (length <= width && line.every(({ text }) => isPlain(text))) return [line];
  const glyphs = line.flatMap(({ text, tone = "text" }) =>
    Array.from(glyphsOf(text), (glyph): StyledGlyph => ({ ...glyph, tone }))
  );
  const indent = indentOf(glyphs, width);
  const lines: StyledLine[] = [];
  let start = 0;
  while (start < glyphs.length || lines.length === 0) {
    const lead = lines.length === 0 ? 0 : indent;
    const end = breakAt(glyphs, start, Math.max(2, width - lead));
    const spans = join(glyphs.slice(start, end));
    lines.push(lead === 0 ? spans : [{ text: " ".repeat(lead) }, ...spans]);
    start = end;
    if (start < glyphs.length && glyphs[start]!.text === " ") start++;
  }
  return lines;
}

/** Index behind the last glyph of a line that begins at `start`. */
function breakAt(glyphs: readonly StyledGlyph[], start: number, width: number): number {
  let used = 0;
  let lastSpace = -1;
  for (let i = start; i < glyphs.length; i++) {
    used += glyphs[i]!.width;
    if (glyphs[i]!.text === " ") lastSpace = i;
    if (used > width) return lastSpace > start ? lastSpace : Math.max(i, start + 1);
  }
  return glyphs.length;
}

function indentOf(glyphs: readonly StyledGlyph[], width: number): number {
  const spaces = glyphs.findIndex(({ text }) => text !== " ");
  return Math.min(Math.max(0, spaces), width >> 1);
}

function join(glyphs: readonly StyledGlyph[]): StyledLine {
  const spans: { text: string; tone: Tone }[] = [];
  for (const { text, tone } of glyphs) {
    const last = spans.at(-1);
    if (last?.tone === tone) last.text += text;
    else spans.push({ text, tone });
  }
  return spans;
}
