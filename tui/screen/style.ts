/**
 * How a cell looks, in one integer so that comparing cells is comparing numbers: foreground and
 * background in 9 bits each (0 = none said, else 1 + index in the palette of 256), then a bit for
 * each attribute.
 */
export type Style = number;

/** What a style says; what it leaves out stays as it is below. */
export interface StyleOptions {
  /** Index in the palette of 256 colours. */
  readonly fg?: number;
  /** Index in the palette of 256 colours. */
  readonly bg?: number;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly reverse?: boolean;
}

/** The terminal's own colours. */
export const PLAIN: Style = 0;

const FG_MASK = 0x1ff;
const BG_SHIFT = 9;
const BG_MASK = 0x1ff << BG_SHIFT;
const ATTRIBUTE_MASK = 0x1f << 18;
/** Each with its SGR parameter. */
const ATTRIBUTES = [
  ["bold", 1 << 18, 1],
  ["dim", 1 << 19, 2],
  ["italic", 1 << 20, 3],
  ["underline", 1 << 21, 4],
  ["reverse", 1 << 22, 7],
] as const;

/** Packs a style. */
export function style(options: StyleOptions): Style {
  let packed = options.fg === undefined ? 0 : options.fg + 1;
  if (options.bg !== undefined) packed |= (options.bg + 1) << BG_SHIFT;
  for (const [name, bit] of ATTRIBUTES) if (options[name] === true) packed |= bit;
  return packed;
}

/** What a packed style says. */
export function describeStyle(packed: Style): StyleOptions {
  const fg = (packed & FG_MASK) - 1;
  const bg = ((packed & BG_MASK) >> BG_SHIFT) - 1;
  const attributes = ATTRIBUTES.filter(([, bit]) => (packed & bit) !== 0);
  return {
    ...(fg < 0 ? {} : { fg }),
    ...(bg < 0 ? {} : { bg }),
    ...Object.fromEntries(attributes.map(([name]) => [name, true])),
  };
}

/** `top` laid over `base`: the colours that `top` says, the attributes of both. */
export function over(base: Style, top: Style): Style {
  const fg = (top & FG_MASK) || (base & FG_MASK);
  const bg = (top & BG_MASK) || (base & BG_MASK);
  return fg | bg | ((base | top) & ATTRIBUTE_MASK);
}

const sequences = new Map<Style, string>();

/**
 * The escape sequence that sets a style, whatever was set before.
 *
 * @see ECMA-48, 8.3.117 SGR, and xterm's 256 colours
 */
export function sgr(packed: Style): string {
  let sequence = sequences.get(packed);
  if (sequence === undefined) {
    const { fg, bg } = describeStyle(packed);
    const parameters = [0, ...ATTRIBUTES.filter(([, bit]) => packed & bit).map(([, , n]) => n)];
    if (fg !== undefined) parameters.push(38, 5, fg);
    if (bg !== undefined) parameters.push(48, 5, bg);
    sequence = `\x1b[${parameters.join(";")}m`;
    sequences.set(packed, sequence);
  }
  return sequence;
}
