import type { Canvas } from "../canvas.ts";
import { clipTo } from "../glyphs.ts";

/** How a panel looks. */
export interface PanelOptions {
  readonly title?: string;
  /** At the right of the upper border. */
  readonly note?: string;
  readonly isFocused?: boolean;
}

/** Draws a border and returns what is inside. */
export function drawPanel(canvas: Canvas, options: PanelOptions = {}): Canvas {
  const { title = "", note = "", isFocused = false } = options;
  const { width, height, theme } = canvas;
  if (width < 2 || height < 2) return canvas.part({ x: 0, y: 0, width: 0, height: 0 });
  const style = isFocused ? theme.accent : theme.border;
  canvas.text(0, 0, `╭${"─".repeat(width - 2)}╮`, style);
  for (let y = 1; y < height - 1; y++) {
    canvas.text(0, y, "│", style);
    canvas.text(width - 1, y, "│", style);
  }
  canvas.text(0, height - 1, `╰${"─".repeat(width - 2)}╯`, style);
  const end = title === "" ? 1 : canvas.text(2, 0, ` ${clipTo(title, width - 6)} `, theme.title);
  if (note !== "") {
    canvas.textBefore(width - 2, 0, clipTo(` ${note} `, width - 3 - end), theme.muted);
  }
  return canvas.inset(1, 1);
}
