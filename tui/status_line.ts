import type { MetricsHistory } from "./client/metrics_history.ts";
import type { Canvas } from "./screen/canvas.ts";
import { clipTo, widthOf } from "./screen/glyphs.ts";
import { plural, short } from "./text/format.ts";
import type { Connection } from "./watch.ts";

/** What the status line tells. */
export interface Status {
  readonly label: string;
  readonly connection: Connection;
  readonly history: MetricsHistory;
  /** Empty most of the time. */
  readonly notice: string;
}

const HINTS = "? help  : commands  q quit ";

/** Draws the line at the bottom: the connection, what comes in, and what was just done. */
export function drawStatusLine(
  canvas: Canvas,
  { label, connection, history, notice }: Status,
): void {
  const { theme, width } = canvas;
  canvas.tint(theme.statusLine);
  let x = drawConnection(canvas, connection, label);
  const { latest } = history;
  if (latest !== null && connection.kind === "connected") {
    const eventsPerS = history.rate(({ events_ingested }) => events_ingested);
    const events = `${plural(latest.events_stored, "event")}  ${short(eventsPerS)}/s`;
    x = canvas.text(x + 2, 0, events);
  }
  const room = width - x - 3;
  const right = notice === "" ? HINTS : clipTo(`${notice} `, room);
  if (widthOf(right) <= room) {
    canvas.textBefore(width, 0, right, notice === "" ? theme.muted : theme.accent);
  }
}

function drawConnection(canvas: Canvas, connection: Connection, label: string): number {
  const { good, warning, bad } = canvas.theme;
  switch (connection.kind) {
    case "connecting":
      return canvas.text(1, 0, `○ connecting to ${label}`, warning);
    case "connected":
      return canvas.text(canvas.text(1, 0, "● ", good), 0, label);
    case "lost":
      return canvas.text(1, 0, `○ reconnecting to ${label}`, warning);
    case "refused":
      return canvas.text(1, 0, `✗ ${label}: ${connection.problem}`, bad);
  }
}
