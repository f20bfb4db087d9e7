import type { Metrics, RingReader } from "../client/answers.ts";
import type { MetricsHistory } from "../client/metrics_history.ts";
import type { Command } from "../commands.ts";
import type { Canvas } from "../screen/canvas.ts";
import { clipTo } from "../screen/glyphs.ts";
import type { Style } from "../screen/style.ts";
import { drawGauge } from "../screen/widgets/gauge.ts";
import { drawGraph, sparkline } from "../screen/widgets/graph.ts";
import { List } from "../screen/widgets/list.ts";
import type { Movable } from "../screen/widgets/movable.ts";
import { drawPanel } from "../screen/widgets/panel.ts";
import { bytes, count, duration, percent, short } from "../text/format.ts";
import type { Shell, Tab } from "./tab.ts";

/** Queues are drawn against this; their bounds are far above what a gateway that keeps up has. */
const FULL_QUEUE = 10_000;
const LABEL_WIDTH = 16;
const VALUE_WIDTH = 10;

/** How the gateway does: rates, latencies, queues, ring and memory. */
export class MetricsTab implements Tab {
  readonly title = "Metrics";
  readonly commands: readonly Command[] = [];
  readonly editor = null;
  readonly #history: MetricsHistory;
  readonly #stages = new List();

  constructor({ history }: Shell) {
    this.#history = history;
  }

  get focus(): Movable {
    return this.#stages;
  }

  refresh(_: Metrics): Promise<void> {
    return Promise.resolve();
  }

  draw(canvas: Canvas): void {
    const { latest } = this.#history;
    if (latest === null) {
      drawPanel(canvas, { title: "Metrics" });
      return;
    }
    const [left, right] = canvas.columns({ share: 3 }, { share: 2 });
    const stageRows = Object.keys(latest.stages).length + 3;
    const [throughput, stages] = left.rows({ share: 1 }, Math.max(stageRows, left.height >> 1));
    this.#drawThroughput(throughput, latest);
    this.#drawStages(stages, latest);
    const [system, queues, ring] = right.rows(9, 7, { share: 1 });
    drawSystem(system, latest, this.#history);
    drawQueues(queues, latest, this.#history);
    drawRingFill(ring, latest);
  }

  copyText(): string | null {
    const { latest } = this.#history;
    return latest === null ? null : JSON.stringify(latest, null, 2);
  }

  #drawThroughput(canvas: Canvas, metrics: Metrics): void {
    const ingested = this.#history.rates(({ events_ingested }) => events_ingested);
    const published = this.#history.rate(({ ring }) => ring.head);
    const inside = drawPanel(canvas, {
      title: "Throughput",
      note: `up ${duration(Math.floor(metrics.uptime_seconds))}`,
    }).inset(1, 0);
    const [facts, graph] = inside.rows(1, { share: 1 });
    const { strong, muted } = canvas.theme;
    const now = this.#history.rate(({ events_ingested }) => events_ingested);
    let x = facts.text(0, 0, short(now), strong);
    x = facts.text(x, 0, " events/s  ", muted);
    x = facts.text(x, 0, short(published), strong);
    facts.text(x, 0, " frames/s", muted);
    facts.textBefore(facts.width, 0, `peak ${short(Math.max(0, ...ingested))}/s`, muted);
    drawGraph(graph, ingested);
  }

  #drawStages(canvas: Canvas, { stages }: Metrics): void {
    const inside = drawPanel(canvas, { title: "Stages", note: "last 10 s", isFocused: true });
    const [header, rows] = inside.rows(1, { share: 1 });
    drawStageRow(header, ["stage", "", "/s", "p50", "p95", "p99", "total"]);
    header.tint(header.theme.header);
    const names = Object.keys(stages);
    this.#stages.draw(rows, {
      end: names.length,
      draw: (row, index) => this.#drawStage(row, names[index]!, stages[names[index]!]!.count),
    });
  }

  #drawStage(row: Canvas, name: string, total: number): void {
    const { perSecond, p50, p95, p99 } = this.#history.stage(name);
    const rates = this.#history.rates(({ stages }) => stages[name]?.count ?? 0);
    const latencies = [p50, p95, p99].map(duration);
    drawStageRow(row, [name, sparkline(rates, 60), short(perSecond), ...latencies, short(total)]);
  }
}

function drawStageRow(row: Canvas, texts: readonly string[]): void {
  const { accent, text } = row.theme;
  const cells = row.inset(1, 0).columns(10, { share: 1 }, 8, 9, 9, 9, 8);
  cells.forEach((cell, i) => {
    if (i === 0) cell.text(0, 0, clipTo(texts[i]!, cell.width - 1), accent);
    else if (i === 1) cell.text(cell.width - texts[i]!.length, 0, texts[i]!, accent);
    else cell.textBefore(cell.width, 0, texts[i]!, text);
  });
}

function drawSystem(canvas: Canvas, metrics: Metrics, history: MetricsHistory): void {
  const { memory, embedder } = metrics;
  const inside = drawPanel(canvas, { title: "Process" }).inset(1, 0);
  const rss = history.series((reading) => reading.memory.rss_bytes);
  const exports = metrics.webhook_configured
    ? `${count(metrics.pending_exports)} pending, ${count(metrics.exports_failed)} failed`
    : "no webhook";
  const device = embedder.device === null ? "" : ` on ${embedder.device}`;
  const facts: readonly (readonly [string, string, string?])[] = [
    ["memory", bytes(memory.rss_bytes), sparkline(rss, 24)],
    ["heap", bytes(memory.heap_used_bytes)],
    ["ring", bytes(memory.ring_bytes)],
    ["event types", count(metrics.schemas_learned)],
    ["subscribers", subscribersText(metrics)],
    ["exports", exports],
    ["embedder", `${embedder.names.join(" or ")}${device}`],
  ];
  facts.slice(0, inside.height).forEach(([label, value, graph = ""], y) => {
    inside.text(0, y, label, canvas.theme.muted);
    const x = inside.text(LABEL_WIDTH, y, clipTo(value, inside.width - LABEL_WIDTH));
    inside.text(x + 1, y, graph, canvas.theme.accent);
  });
}

function subscribersText({ subscribers, subscribers_dropped }: Metrics): string {
  if (subscribers_dropped === 0) return count(subscribers);
  return `${count(subscribers)}, ${count(subscribers_dropped)} events dropped`;
}

function drawQueues(canvas: Canvas, { queues }: Metrics, history: MetricsHistory): void {
  const note = queues.pending_in_store ? "more wait in the store" : "";
  const inside = drawPanel(canvas, { title: "Queues", note }).inset(1, 0);
  const lines = [
    ["to be stored", (metrics: Metrics) => metrics.queues.store_queued_events],
    ["to be published", (metrics: Metrics) => metrics.queues.pending_events],
  ] as const;
  lines.forEach(([label, pick], i) => {
    const values = history.series(pick);
    const now = values.at(-1)!;
    const row = inside.part({ x: 0, y: 2 * i, width: inside.width, height: 2 });
    row.text(0, 0, label, canvas.theme.muted);
    const [, gauge, value] = row.columns(LABEL_WIDTH, { share: 1 }, VALUE_WIDTH);
    drawGauge(gauge, now / FULL_QUEUE);
    value.textBefore(value.width, 0, count(now));
    gauge.text(0, 1, sparkline(values, gauge.width), canvas.theme.muted);
  });
}

function drawRingFill(canvas: Canvas, { ring }: Metrics): void {
  const { head, tail, capacity_frames, readers = [] } = ring;
  const fill = (head - tail) / capacity_frames;
  const note = `${count(capacity_frames)} frames`;
  const inside = drawPanel(canvas, { title: "Ring", note }).inset(1, 0);
  drawBar(inside, 0, "filled", fill, percent(fill), canvas.theme.accent);
  if (readers.length === 0) inside.text(0, 1, "no readers are known", canvas.theme.muted);
  readers.slice(0, Math.max(0, inside.height - 1)).forEach((reader, i) =>
    drawBar(inside, i + 1, readerText(reader), reader.lag_frames / capacity_frames, lagText(reader))
  );
}

function drawBar(
  canvas: Canvas,
  y: number,
  label: string,
  share: number,
  value: string,
  style?: Style,
): void {
  const row = canvas.part({ x: 0, y, width: canvas.width, height: 1 });
  const [name, gauge, text] = row.columns(LABEL_WIDTH, { share: 1 }, VALUE_WIDTH + 4);
  name.text(0, 0, clipTo(label, LABEL_WIDTH - 1), canvas.theme.muted);
  drawGauge(gauge, share, style);
  text.textBefore(text.width, 0, value);
}

function readerText({ pid, name }: RingReader): string {
  return `${name} ${pid}`;
}

function lagText({ lag_frames }: RingReader): string {
  return lag_frames === 0 ? "up to date" : `${count(lag_frames)} behind`;
}
