import type { Canvas } from "../canvas.ts";
import { drawPanel } from "./panel.ts";

/** What a popup is to be like. */
export interface PopupOptions {
  readonly title: string;
  /** Cells inside of the border, if there are so many. */
  readonly width: number;
  /** Cells inside of the border, if there are so many. */
  readonly height: number;
}

/** Draws a panel over the middle of the canvas and returns what is inside. */
export function drawPopup(canvas: Canvas, { title, width, height }: PopupOptions): Canvas {
  const outer = {
    width: Math.min(canvas.width, width + 4),
    height: Math.min(canvas.height, height + 2),
  };
  const popup = canvas.part({
    x: (canvas.width - outer.width) >> 1,
    y: (canvas.height - outer.height) >> 2,
    ...outer,
  });
  popup.erase();
  popup.tint(popup.theme.popup);
  // What lies below must not be clicked.
  canvas.onMouse({});
  return drawPanel(popup, { title, isFocused: true }).inset(1, 0);
}
