import type { Frame, Metrics, RingState } from "../client/answers.ts";
import type { Command } from "../commands.ts";
import type { Canvas } from "../screen/canvas.ts";
import { clipTo } from "../screen/glyphs.ts";
import type { Length } from "../screen/rect.ts";
import type { Style } from "../screen/style.ts";
import { categoryStyle, gradientStyle } from "../screen/theme.ts";
import { drawBalance, drawGauge } from "../screen/widgets/gauge.ts";
import { drawGraph } from "../screen/widgets/graph.ts";
import { List } from "../screen/widgets/list.ts";
import type { Movable } from "../screen/widgets/movable.ts";
import { drawPanel } from "../screen/widgets/panel.ts";
import { bytes, count, duration, percent, timeOfDay } from "../text/format.ts";
import { EventDetail } from "./event_detail.ts";
import type { Shell, Tab } from "./tab.ts";

const FRAMES = 256;
const FRAME_BYTES = 4_224;
const HEAD_ROWS = 8;
/** Velocities at which bars are full, messages/min. */
const FULL_VELOCITY = 60;
/** Narrower tables leave columns out. */
const WIDE_COLUMNS = 140;
const MEDIUM_COLUMNS = 100;

type Attractors = RingState["attractors"];

/** The newest frames of the ring, and what pulls them. */
export class RingTab implements Tab {
  readonly title = "Ring";
  readonly commands: readonly Command[] = [
    { keys: ["enter", "right", "l"], name: "open the frame's event", run: () => this.#open() },
    { keys: ["escape", "left", "h"], name: "close event", run: () => this.#detail = null },
    { keys: ["space"], name: "pause, or follow new frames", run: () => this.#togglePause() },
  ];
  readonly #shell: Shell;
  readonly #list = new List();
  #ring: RingState | null = null;
  #detail: EventDetail | null = null;
  #isPaused = false;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#list.onOpen = () => this.#open();
  }

  get focus(): Movable {
    return this.#detail?.view ?? this.#list;
  }

  readonly editor = null;

  async refresh({ ring: { head } }: Metrics): Promise<void> {
    await this.#detail?.refresh();
    if (this.#isPaused || this.#detail !== null) return;
    const shown = this.#ring?.head === head ? this.#ring.frames : null;
    const ring = await this.#shell.client.ring(shown === null ? FRAMES : 1);
    // What pulls the frames may change without any new one.
    this.#ring = shown === null ? ring : { ...ring, frames: shown };
  }

  draw(canvas: Canvas): void {
    if (this.#ring === null) {
      drawPanel(canvas, { title: "Ring" });
      return;
    }
    const [head, body] = canvas.rows(HEAD_ROWS, { share: 1 });
    const [ring, pull] = head.columns({ share: 1 }, { share: 1 });
    drawRing(ring, this.#ring);
    drawControl(pull, this.#ring);
    if (this.#detail === null) this.#drawFrames(body, this.#ring);
    else this.#detail.draw(body);
  }

  copyText(): string | null {
    if (this.#detail !== null) return this.#detail.copyText();
    const frame = this.#ring?.frames[this.#list.selected];
    return frame === undefined ? null : JSON.stringify(frame, null, 2);
  }

  #drawFrames(canvas: Canvas, { frames, attractors }: RingState): void {
    const inside = drawPanel(canvas, {
      title: this.#isPaused ? "Frames · paused" : "Frames · live",
      note: frames.length === 0 ? "" : `newest ${count(frames.length)}`,
      isFocused: true,
    });
    const [header, rows] = inside.rows(1, { share: 1 });
    drawHeadings(header);
    header.tint(header.theme.header);
    this.#list.draw(rows, {
      end: frames.length,
      draw: (row, index) => drawFrame(row, frames[index]!, attractors),
    });
  }

  #open(): void {
    const frame = this.#ring?.frames[this.#list.selected];
    if (frame !== undefined) this.#detail ??= new EventDetail(this.#shell, frame.event_id);
  }

  #togglePause(): void {
    this.#isPaused = !this.#isPaused;
    this.#shell.refresh();
  }
}

function drawRing(canvas: Canvas, { head, tail, capacity_frames, frames }: RingState): void {
  const inside = drawPanel(canvas, { title: "Shared memory" }).inset(1, 0);
  const { muted, strong } = canvas.theme;
  const fill = (head - tail) / capacity_frames;
  let x = inside.text(0, 0, count(head), strong);
  x = inside.text(x, 0, " frames published, ", muted);
  x = inside.text(x, 0, count(head - tail), strong);
  inside.text(x, 0, " readable", muted);
  const size = `${count(capacity_frames)} × 4,224 bytes = ${bytes(capacity_frames * FRAME_BYTES)}`;
  inside.text(0, 1, size, muted);
  const [, , gaugeRow, , graph] = inside.rows(1, 1, 1, 0, { share: 1 });
  const [gauge, label] = gaugeRow.columns({ share: 1 }, 6);
  drawGauge(gauge, fill, canvas.theme.accent);
  label.textBefore(label.width, 0, percent(fill));
  graph.text(0, 0, "velocity", muted);
  const velocities = frames.map(({ velocity }) => velocity).reverse();
  drawGraph(graph.part({ x: 9, y: 0, width: graph.width - 9, height: graph.height }), velocities);
}

function drawControl(canvas: Canvas, { gravity, friction, attractors }: RingState): void {
  const note = `gravity ${gravity.toFixed(2)}  friction ${friction.toFixed(2)}`;
  const inside = drawPanel(canvas, { title: `Attractors · ${attractors.length}`, note })
    .inset(1, 0);
  if (attractors.length === 0) {
    inside.text(0, 0, "none: a learning loop sets them from Python", canvas.theme.muted);
    inside.text(0, 1, "(docs/ring.md, control plane)", canvas.theme.muted);
  }
  const heaviest = Math.max(1, ...attractors.map(({ mass }) => Math.abs(mass)));
  attractors.slice(0, inside.height).forEach(({ index, label, mass }, y) => {
    const row = inside.part({ x: 0, y, width: inside.width, height: 1 });
    const [name, gauge, value] = row.columns({ share: 1 }, { share: 1 }, 8);
    name.text(0, 0, clipTo(`${index} ${label}`, name.width - 1), row.theme.accent);
    drawGauge(gauge, Math.abs(mass) / heaviest, row.theme.warning);
    value.textBefore(value.width, 0, mass.toFixed(2));
  });
}

/** Columns of the table; 0 = left out where there is little room. */
function layout(row: Canvas): readonly Canvas[] {
  const wide = (width: number) => row.width >= WIDE_COLUMNS ? width : 0;
  const time = row.width >= MEDIUM_COLUMNS ? 13 : 0;
  const widths: readonly Length[] = [
    ...[11, time, { share: 2 }, wide(9), 9, wide(10), wide(10), 11, 26, { share: 1 }, wide(8)],
  ];
  return row.inset(1, 0).columns(...widths);
}

const HEADINGS = [
  ...["frame", "time UTC", "intent", "channel", "velocity", "since last", "took"],
  ...["sentiment", "spin w     x     y     z", "attractor", "embedder"],
];

function drawHeadings(row: Canvas): void {
  layout(row).forEach((cell, i) => cell.text(0, 0, clipTo(HEADINGS[i]!, cell.width - 1)));
}

function drawFrame(row: Canvas, frame: Frame, attractors: Attractors): void {
  const { theme } = row;
  const cells = layout(row);
  const intent = frame.intent ?? "–";
  const texts: readonly (readonly [string, Style])[] = [
    [`#${frame.frame_id}`, theme.accent],
    [timeOfDay(frame.timestamp_us / 1000), theme.muted],
    [intent, categoryStyle(theme, intent)],
    [frame.conversation_hash.slice(0, 8), theme.muted],
    [frame.velocity.toFixed(2), gradientStyle(theme, frame.velocity / FULL_VELOCITY)],
    [sinceText(frame), theme.muted],
    [duration(frame.duration_ms / 1000), theme.muted],
    ["", theme.text],
    [frame.spin.map((value) => value.toFixed(2).padStart(6)).join(""), theme.text],
    [pullText(frame, attractors), theme.warning],
    [frame.embedder, theme.muted],
  ];
  texts.forEach(([text, style], i) => {
    const cell = cells[i]!;
    cell.text(0, 0, clipTo(text, cell.width - 1), style);
  });
  drawBalance(cells[7]!.part({ x: 0, y: 0, width: 9, height: 1 }), frame.sentiment, 1);
}

function pullText({ attractor, attraction }: Frame, attractors: Attractors): string {
  if (attractor < 0) return "";
  const label = attractors.find(({ index }) => index === attractor)?.label || `#${attractor}`;
  return `${label} ${attraction.toFixed(2)}`;
}

/** The time since the conversation's event before; its first has none. */
function sinceText({ delta_time }: Frame): string {
  return delta_time === 0 ? "first" : duration(Math.exp(delta_time));
}
