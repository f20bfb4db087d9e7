import type { EventDetails, Frame, Stage } from "../client/answers.ts";
import { RefusedError } from "../client/errors.ts";
import type { Canvas } from "../screen/canvas.ts";
import { drawPanel } from "../screen/widgets/panel.ts";
import { linesOf, type Span, type StyledLine } from "../screen/widgets/styled_text.ts";
import { TextView } from "../screen/widgets/text_view.ts";
import { dateTime, duration } from "../text/format.ts";
import { jsonLines } from "../text/json_lines.ts";
import type { Shell } from "./tab.ts";

const BLANK: StyledLine = [];
/** Frames that are looked through for that of an event. */
const MAX_FRAMES = 1_000;
/** What is shown of a document's text, UTF-16 code units. */
const MAX_DOCUMENT_LENGTH = 200_000;
const LABEL_WIDTH = 14;

interface Entity {
  readonly text: string;
  readonly label: string;
  readonly score: number;
}

/** Everything that is known of one event. */
export class EventDetail {
  readonly view = new TextView();
  readonly #shell: Shell;
  #details: EventDetails | null = null;

  constructor(shell: Shell, id: string) {
    this.#shell = shell;
    shell.attempt(() => this.#load(id));
  }

  /** Asks again, as long as there may be more to know. */
  async refresh(): Promise<void> {
    if (this.#details?.frame_id === null) await this.#load(this.#details.id);
  }

  draw(canvas: Canvas): void {
    const title = this.#details?.type ?? "…";
    this.view.draw(drawPanel(canvas, { title, isFocused: true, note: "esc closes" }).inset(1, 0));
  }

  copyText(): string | null {
    return this.#details === null ? null : JSON.stringify(this.#details, null, 2);
  }

  async #load(id: string): Promise<void> {
    this.#details = await this.#shell.client.event(id);
    const frame = await this.#frame(this.#details).catch((error) => {
      if (error instanceof RefusedError) return null;
      throw error;
    });
    this.view.lines = detailLines(this.#details, frame);
  }

  /** The event's frame, as long as it is among the newest of the ring. */
  async #frame({ id, frame_id }: EventDetails): Promise<Frame | null> {
    const head = this.#shell.history.latest?.ring?.head;
    if (frame_id === null || head === undefined) return null;
    const age = Math.max(1, head - frame_id);
    if (age > MAX_FRAMES) return null;
    const { frames } = await this.#shell.client.ring(Math.min(MAX_FRAMES, age + 16));
    return frames.find(({ event_id }) => event_id === id) ?? null;
  }
}

function detailLines(event: EventDetails, frame: Frame | null): StyledLine[] {
  return [
    field("id", event.id),
    field("received", dateTime(event.received_at)),
    field("conversation", event.conversation_id ?? "–"),
    ...frameLines(event, frame),
    ...section("Payload", jsonLines(event.payload)),
    ...(event.attributes === null
      ? []
      : section("CloudEvent", jsonLines(JSON.stringify(event.attributes)))),
    ...section("Stages", event.stages.map((stage) => stageLine(event, stage))),
    ...section("Entities", entitiesOf(event.stages).map(entityLine)),
    ...section("Document", documentLines(event.stages)),
  ];
}

function frameLines(event: EventDetails, frame: Frame | null): StyledLine[] {
  if (event.frame_id === null) return [field("frame", "not published yet")];
  if (frame === null) return [field("frame", `#${event.frame_id}`)];
  const spin = frame.spin.map((value) => value.toFixed(2)).join(" ");
  const pull = frame.attractor < 0
    ? "none"
    : `#${frame.attractor}, similarity ${frame.attraction.toFixed(2)}`;
  return [
    field("frame", `#${frame.frame_id}, ${frame.duration_ms.toFixed(1)} ms after arrival`),
    field("velocity", `${frame.velocity.toFixed(2)} messages/min`),
    field("spin", `(${spin})`),
    field("attractor", pull),
    field("embedder", frame.embedder),
    field("sentiment", `${frame.sentiment.toFixed(2)}, confidence ${frame.confidence.toFixed(2)}`),
  ];
}

function stageLine(event: EventDetails, { stage, done_at, error }: Stage): StyledLine {
  const afterS = (Date.parse(done_at) - Date.parse(event.received_at)) / 1000;
  return [
    { text: stage.padEnd(LABEL_WIDTH), tone: "accent" },
    { text: duration(Math.max(0, afterS)).padEnd(10) },
    error === null ? { text: "done", tone: "good" } : { text: error, tone: "bad" },
  ];
}

function entityLine({ label, text, score }: Entity): StyledLine {
  return [
    { text: label.padEnd(LABEL_WIDTH), tone: "accent" },
    { text: `${score.toFixed(2)}  `, tone: "muted" },
    { text },
  ];
}

function entitiesOf(stages: readonly Stage[]): Entity[] {
  const result = stages.findLast(({ stage }) => stage === "ner")?.result;
  const { entities } = (result ?? {}) as { entities?: unknown };
  return Array.isArray(entities) ? entities : [];
}

function documentLines(stages: readonly Stage[]): StyledLine[] {
  const result = stages.findLast(({ stage }) => stage === "ocr")?.result;
  const { markdown } = (result ?? {}) as { markdown?: unknown };
  return typeof markdown === "string" ? linesOf(markdown.slice(0, MAX_DOCUMENT_LENGTH)) : [];
}

function field(name: string, value: string): StyledLine {
  const label: Span = { text: name.padEnd(LABEL_WIDTH), tone: "muted" };
  return [label, { text: value }];
}

function section(title: string, lines: readonly StyledLine[]): StyledLine[] {
  return lines.length === 0 ? [] : [BLANK, [{ text: title, tone: "header" }], ...lines];
}
