import stringWidth from "string-width";

/** What one or two cells show: a grapheme that is safe to write to a terminal. */
export interface Glyph {
  readonly text: string;
  /** Cells that it takes: 1 or 2. */
  readonly width: number;
}

/** Graphemes longer than this, in UTF-16 code units, are heaps of combining marks. */
export const MAX_GRAPHEME_UNITS = 32;
const REPLACEMENT: Glyph = { text: "\ufffd", width: 1 };
const MAX_CACHED = 20_000;

/** ASCII, Latin, general punctuation, lines, blocks, braille: without what terminals would obey. */
const PLAIN = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u2500-\u259f\u2800-\u28ff]*$/;
/**
 * What a terminal would obey instead of showing it, or what would show text in another order than
 * it has: control characters, format characters (the bidirectional ones among them), line and
 * paragraph separators, lone surrogates. Joiners and variation selectors never begin a grapheme.
 * And what is no character, or a private one: terminals disagree about its width, which would shift
 * what follows.
 */
const UNSAFE_START = /^[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Cn}\p{Co}]/u;

const SPACE: Glyph = { text: " ", width: 1 };
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const cache = new Map<string, Glyph | null>();

/**
 * Whether every UTF-16 code unit is a character that takes one cell and joins with none beside it.
 * Most texts are such, and are drawn without being segmented, which takes ten times as long.
 */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/**
 * What a terminal shows of a text, grapheme by grapheme. Control characters become visible signs,
 * so nothing that an event contains can reach the terminal as a command. What takes no cell is left
 * out.
 */
export function* glyphsOf(text: string): Generator<Glyph> {
  for (const { segment } of segmenter.segment(text)) {
    const glyph = glyphOf(segment);
    if (glyph !== null) yield glyph;
  }
}

/** Cells that a text takes when it is drawn. */
export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const glyph of glyphsOf(text)) width += glyph.width;
  return width;
}

/** The beginning of a text that fits into `width` cells, with an ellipsis where it was cut. */
export function clipTo(text: string, width: number): string {
  if (text.length <= width && isPlain(text)) return text;
  // A text of megabytes costs no more than what can be seen of it.
  const candidate = text.slice(0, (width + 1) * MAX_GRAPHEME_UNITS);
  let used = 0;
  let clipped = "";
  let kept = "";
  for (const glyph of glyphsOf(candidate)) {
    used += glyph.width;
    if (used > width) return width < 1 ? "" : `${kept}…`;
    clipped += glyph.text;
    if (used < width) kept = clipped;
  }
  return clipped;
}

/** A text in exactly `width` cells: cut or filled up with spaces on its right. */
export function fitTo(text: string, width: number): string {
  const clipped = clipTo(text, width);
  return clipped + " ".repeat(Math.max(0, width - widthOf(clipped)));
}

function glyphOf(segment: string): Glyph | null {
  let glyph = cache.get(segment);
  if (glyph === undefined) {
    glyph = makeGlyph(segment);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(segment.slice(), glyph);
  }
  return glyph;
}

function makeGlyph(segment: string): Glyph | null {
  if (segment === "\t") return SPACE;
  if (UNSAFE_START.test(segment)) return signOf(segment.charCodeAt(0));
  const text = segment.length <= MAX_GRAPHEME_UNITS ? segment : [...segment][0]!;
  const width = stringWidth(text);
  return width === 0 ? null : { text, width: Math.min(2, width) };
}

/** Unicode has a picture of each C0 control character and of DEL. */
function signOf(code: number): Glyph {
  if (code < 0x20) return { text: String.fromCharCode(0x2400 + code), width: 1 };
  if (code === 0x7f) return { text: "\u2421", width: 1 };
  return REPLACEMENT;
}
