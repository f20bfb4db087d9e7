import type { StyleOptions } from "../../tui/screen/style.ts";
import type { SeenCell } from "./emulator.ts";
import { type CellBox, shapeOf } from "./svg_shapes.ts";

const CELL_WIDTH = 8.4;
const CELL_HEIGHT = 18;
const BASELINE = 13.5;
const PADDING = 14;
const FONTS = "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const FOREGROUND = "#d0d0d0";

/** Shapes are drawn, letters written; wide and composed glyphs are written one by one. */
type Kind = "blank" | "shape" | "letter" | "wide";

/** Neighbouring cells of one row that look alike. */
interface Run {
  readonly x: number;
  cells: number;
  text: string;
  kind: Kind;
  readonly style: StyleOptions;
}

/** A picture of a terminal. */
export function svgOf(rows: readonly (readonly SeenCell[])[], title: string): string {
  const width = rows[0]!.length * CELL_WIDTH + 2 * PADDING;
  const height = rows.length * CELL_HEIGHT + 2 * PADDING;
  const background = colour(rows[0]![0]!.style.bg) ?? "#1c1c1c";
  const body = rows.flatMap((row, y) => {
    const runs = runsOf(row);
    return [
      ...runs.map((run) => rectangle(run, y, background)),
      ...runs.map((run) => glyphs(run, y)),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}"` +
    ` role="img" aria-label="${escape(title)}">`,
    `<rect width="100%" height="100%" rx="10" fill="${background}"/>`,
    `<g font-family="${FONTS}" font-size="14" xml:space="preserve">`,
    ...body.filter((element) => element !== ""),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function runsOf(row: readonly SeenCell[]): Run[] {
  const runs: Run[] = [];
  row.forEach(({ text, style }, x) => {
    const last = runs.at(-1);
    const kind = kindOf(text);
    if (text === "") last!.cells++;
    else if (last !== undefined && canJoin(last.kind, kind) && isAlike(last.style, style)) {
      last.text += text;
      last.cells++;
      if (last.kind === "blank") last.kind = kind;
    } else runs.push({ x, cells: 1, text, kind, style });
  });
  return runs;
}

function kindOf(text: string): Kind {
  if (text === " ") return "blank";
  if (shapeOf(text, cellBox(0, 0)) !== null) return "shape";
  return /[^\u0020-\u2bff]|[\u0300-\u036f]/.test(text) ? "wide" : "letter";
}

/** No font may move what follows a wide glyph. */
function canJoin(a: Kind, b: Kind): boolean {
  return a !== "wide" && b !== "wide" && (a === b || a === "blank" || b === "blank");
}

function isAlike(a: StyleOptions, b: StyleOptions): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function rectangle({ x, cells, style }: Run, y: number, background: string): string {
  const fill = colour(style.bg);
  if (fill === undefined || fill === background) return "";
  return `<rect x="${left(x)}" y="${round(PADDING + y * CELL_HEIGHT)}"` +
    ` width="${round(cells * CELL_WIDTH)}" height="${CELL_HEIGHT}" fill="${fill}"/>`;
}

function glyphs({ x, cells, text, kind, style }: Run, y: number): string {
  const fill = colour(style.fg) ?? FOREGROUND;
  if (kind === "blank") return "";
  if (kind === "shape") {
    const path = [...text].map((glyph, i) => shapeOf(glyph, cellBox(x + i, y)) ?? "").join("");
    return `<path fill="${fill}" d="${path}"/>`;
  }
  const lead = text.length - text.trimStart().length;
  const shown = text.trim();
  const columns = kind === "wide" ? cells : shown.length;
  const attributes = [
    `x="${left(x + lead)}"`,
    `y="${round(PADDING + y * CELL_HEIGHT + BASELINE)}"`,
    `textLength="${round(columns * CELL_WIDTH)}"`,
    `lengthAdjust="spacingAndGlyphs"`,
    `fill="${fill}"`,
    ...(style.bold ? [`font-weight="bold"`] : []),
    ...(style.underline ? [`text-decoration="underline"`] : []),
  ];
  return `<text ${attributes.join(" ")}>${escape(shown)}</text>`;
}

function cellBox(x: number, y: number): CellBox {
  return {
    x: PADDING + x * CELL_WIDTH,
    y: PADDING + y * CELL_HEIGHT,
    width: CELL_WIDTH,
    height: CELL_HEIGHT,
  };
}

function left(x: number): number {
  return round(PADDING + x * CELL_WIDTH);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Of xterm's palette; of the first 16, which terminals choose themselves, none is used. */
function colour(index: number | undefined): string | undefined {
  if (index === undefined) return undefined;
  if (index >= 232) return hex(Array<number>(3).fill(8 + 10 * (index - 232)));
  const cube = index - 16;
  const levels = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return hex(levels.map((level) => level === 0 ? 0 : 55 + 40 * level));
}

function hex(channels: readonly number[]): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
