/** A cell of a picture, in its units. */
export interface CellBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const BRAILLE = 0x2800;
/** Column and row of each bit's dot (Unicode 28xx). */
const DOTS = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]] as const;
const DOT_SIZE = 2;
const LINE_WIDTH = 1.2;
const LOWER_BLOCKS = "▁▂▃▄▅▆▇█";
const LEFT_BLOCKS = "█▉▊▋▌▍▎▏";

/**
 * The glyphs that graphs, gauges and borders are drawn with, as the data of an SVG path to be
 * filled: fonts have them in widths of their own, or not at all. Null for all others.
 */
export function shapeOf(text: string, box: CellBox): string | null {
  const code = text.codePointAt(0)!;
  if (code >= BRAILLE && code < BRAILLE + 256) return brailleShape(code - BRAILLE, box);
  const { x, y, width, height } = box;
  const lower = LOWER_BLOCKS.indexOf(text);
  if (lower >= 0) {
    const filled = height * (lower + 1) / 8;
    return rectangle(x, y + height - filled, width, filled);
  }
  const left = LEFT_BLOCKS.indexOf(text);
  if (left >= 0) return rectangle(x, y, width * (8 - left) / 8, height);
  return lineShape(text, box);
}

function brailleShape(bits: number, { x, y, width, height }: CellBox): string {
  return DOTS.filter((_, bit) => bits & (1 << bit)).map(([column, row]) =>
    rectangle(
      x + width * (2 * column + 1) / 4 - DOT_SIZE / 2,
      y + height * (2 * row + 1) / 8 - DOT_SIZE / 2,
      DOT_SIZE,
      DOT_SIZE,
    )
  ).join("");
}

function lineShape(text: string, { x, y, width, height }: CellBox): string | null {
  const [middleX, middleY] = [x + (width - LINE_WIDTH) / 2, y + (height - LINE_WIDTH) / 2];
  const toRight = rectangle(middleX, middleY, x + width - middleX, LINE_WIDTH);
  const toLeft = rectangle(x, middleY, middleX + LINE_WIDTH - x, LINE_WIDTH);
  const down = rectangle(middleX, middleY, LINE_WIDTH, y + height - middleY);
  const up = rectangle(middleX, y, LINE_WIDTH, middleY + LINE_WIDTH - y);
  switch (text) {
    case "─":
      return rectangle(x, middleY, width, LINE_WIDTH);
    case "│":
      return rectangle(middleX, y, LINE_WIDTH, height);
    case "╭":
      return toRight + down;
    case "╮":
      return toLeft + down;
    case "╰":
      return toRight + up;
    case "╯":
      return toLeft + up;
    default:
      return null;
  }
}

function rectangle(x: number, y: number, width: number, height: number): string {
  const [w, h] = [round(width), round(height)];
  return `M${round(x)} ${round(y)}h${w}v${h}h-${w}z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
