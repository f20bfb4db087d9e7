import type { Canvas } from "./screen/canvas.ts";
import type { Connection } from "./watch.ts";

/** Says, in place of a view, why there is nothing to be seen yet. */
export function drawWaiting(canvas: Canvas, connection: Connection, label: string): void {
  const { title, muted } = canvas.theme;
  const [what, hint] = explain(connection, label);
  const y = Math.max(0, (canvas.height >> 1) - 1);
  canvas.textCentred(y, what, title);
  canvas.textCentred(y + 2, hint, muted);
}

function explain(connection: Connection, label: string): readonly [what: string, hint: string] {
  switch (connection.kind) {
    case "connecting":
    case "connected":
      return ["", ""];
    case "lost":
      return [
        `no gateway answers at ${label}`,
        "Start it with `collider`, or say where it is with --url; this goes on by itself.",
      ];
    case "refused":
      return [connection.problem, connection.hint];
  }
}
