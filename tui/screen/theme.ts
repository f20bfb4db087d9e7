import { PLAIN, type Style, style } from "./style.ts";

export const THEME_NAMES = ["dark", "light", "none"] as const;
export type ThemeName = typeof THEME_NAMES[number];

/** The styles that everything is drawn with, by what they mean. */
export interface Theme {
  readonly name: ThemeName;
  /** What nothing is drawn on; the only one that every colour is said of. */
  readonly screen: Style;
  readonly text: Style;
  readonly muted: Style;
  readonly strong: Style;
  readonly accent: Style;
  readonly border: Style;
  readonly title: Style;
  readonly header: Style;
  readonly selected: Style;
  readonly activeTab: Style;
  readonly tab: Style;
  readonly statusLine: Style;
  readonly popup: Style;
  readonly good: Style;
  readonly warning: Style;
  readonly bad: Style;
  /** Of JSON. */
  readonly memberName: Style;
  readonly string: Style;
  readonly number: Style;
  readonly literal: Style;
  /** Of graphs and gauges, from low to high. */
  readonly gradient: readonly Style[];
  /** To tell categories apart, such as event types. */
  readonly categories: readonly Style[];
}

/** Colours are of xterm's palette, which every terminal of the last two decades has. */
export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  dark: {
    name: "dark",
    screen: style({ fg: 252, bg: 234 }),
    text: style({ fg: 252 }),
    muted: style({ fg: 244 }),
    strong: style({ fg: 231, bold: true }),
    accent: style({ fg: 80 }),
    border: style({ fg: 239 }),
    title: style({ fg: 80, bold: true }),
    header: style({ fg: 246, bold: true }),
    selected: style({ bg: 238, bold: true }),
    activeTab: style({ fg: 234, bg: 80, bold: true }),
    tab: style({ fg: 250, bg: 236 }),
    statusLine: style({ fg: 250, bg: 236 }),
    popup: style({ fg: 252, bg: 236 }),
    good: style({ fg: 114 }),
    warning: style({ fg: 221 }),
    bad: style({ fg: 210 }),
    memberName: style({ fg: 80 }),
    string: style({ fg: 150 }),
    number: style({ fg: 215 }),
    literal: style({ fg: 176 }),
    gradient: [30, 37, 43, 79, 115, 150, 185, 221, 215, 209].map((fg) => style({ fg })),
    categories: [80, 150, 215, 176, 111, 221, 210, 116].map((fg) => style({ fg })),
  },
  light: {
    name: "light",
    screen: style({ fg: 236, bg: 255 }),
    text: style({ fg: 236 }),
    muted: style({ fg: 243 }),
    strong: style({ fg: 16, bold: true }),
    accent: style({ fg: 30 }),
    border: style({ fg: 249 }),
    title: style({ fg: 30, bold: true }),
    header: style({ fg: 240, bold: true }),
    selected: style({ bg: 252, bold: true }),
    activeTab: style({ fg: 255, bg: 30, bold: true }),
    tab: style({ fg: 238, bg: 253 }),
    statusLine: style({ fg: 238, bg: 253 }),
    popup: style({ fg: 236, bg: 253 }),
    good: style({ fg: 28 }),
    warning: style({ fg: 130 }),
    bad: style({ fg: 160 }),
    memberName: style({ fg: 24 }),
    string: style({ fg: 28 }),
    number: style({ fg: 130 }),
    literal: style({ fg: 90 }),
    gradient: [30, 30, 29, 29, 64, 64, 100, 136, 130, 160].map((fg) => style({ fg })),
    categories: [30, 64, 130, 90, 25, 136, 160, 23].map((fg) => style({ fg })),
  },
  none: {
    name: "none",
    screen: PLAIN,
    text: PLAIN,
    muted: PLAIN,
    strong: style({ bold: true }),
    accent: PLAIN,
    border: PLAIN,
    title: style({ bold: true }),
    header: style({ bold: true, underline: true }),
    selected: style({ reverse: true }),
    activeTab: style({ reverse: true, bold: true }),
    tab: PLAIN,
    statusLine: style({ reverse: true }),
    popup: PLAIN,
    good: PLAIN,
    warning: style({ bold: true }),
    bad: style({ bold: true, underline: true }),
    memberName: PLAIN,
    string: PLAIN,
    number: PLAIN,
    literal: PLAIN,
    gradient: [PLAIN],
    categories: [PLAIN],
  },
};

/** The style for a level from 0 to 1. */
export function gradientStyle({ gradient }: Theme, level: number): Style {
  const index = Math.floor(Math.max(0, Math.min(1, level)) * gradient.length);
  return gradient[Math.min(index, gradient.length - 1)]!;
}

/** The same style for the same name, in every run. */
export function categoryStyle({ categories }: Theme, name: string): Style {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0;
  return categories[hash % categories.length]!;
}
