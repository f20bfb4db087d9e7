import type { ChatReply, Metrics } from "../client/answers.ts";
import { RefusedError } from "../client/errors.ts";
import type { Command } from "../commands.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Movable } from "../screen/widgets/movable.ts";
import { drawPanel } from "../screen/widgets/panel.ts";
import { linesOf, type StyledLine } from "../screen/widgets/styled_text.ts";
import { drawLine, TextView } from "../screen/widgets/text_view.ts";
import { TextInput } from "../screen/widgets/text_input.ts";
import type { Editor, Shell, Tab } from "./tab.ts";

interface Message {
  readonly who: "you" | "collider" | "problem";
  text: string;
}

const MAX_MESSAGES = 500;
/** The gateway takes no more, UTF-16 code units. */
const MAX_MESSAGE_LENGTH = 8_000;
const MAX_INPUT_ROWS = 6;
const SLOTS_WIDTH = 34;
/** Narrower conversations leave the slots out. */
const SLOTS_FROM_WIDTH = 90;

/** A conversation with the gateway's language model, which fills in an event by what is said. */
export class ChatTab implements Tab {
  readonly title = "Chat";
  readonly commands: readonly Command[] = [
    { keys: ["enter", "i"], name: "write a message", run: () => this.#isWriting = true },
    { keys: ["ctrl-n"], name: "new conversation", run: () => this.#startAnew() },
    { keys: ["ctrl-x"], name: "stop the answer", run: () => this.#answering?.abort() },
  ];
  readonly #shell: Shell;
  readonly #input = new TextInput({ isMultiline: true, maxLength: MAX_MESSAGE_LENGTH });
  readonly #view = new TextView();
  #isWriting = true;
  #messages: readonly Message[] = [];
  #sessionId: string = crypto.randomUUID();
  #reply: ChatReply | null = null;
  /** Ends the answer that is coming; null = none is. */
  #answering: AbortController | null = null;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#view.toEnd();
  }

  get focus(): Movable {
    return this.#view;
  }

  get editor(): Editor | null {
    if (!this.#isWriting) return null;
    return {
      input: this.#input,
      submit: () => this.#submit(),
      cancel: () => this.#isWriting = false,
    };
  }

  refresh(_: Metrics): Promise<void> {
    return Promise.resolve();
  }

  draw(canvas: Canvas): void {
    const slotsWidth = canvas.width < SLOTS_FROM_WIDTH ? 0 : SLOTS_WIDTH;
    const [left, slots] = canvas.columns({ share: 1 }, slotsWidth);
    const inputRows = Math.min(MAX_INPUT_ROWS, this.#input.heightAt(left.width - 4));
    const [talk, writing] = left.rows({ share: 1 }, inputRows + 2);
    const note = this.#answering === null ? "ctrl-n anew" : "ctrl-x stops";
    const inside = drawPanel(talk, { title: "Conversation", note, isFocused: !this.#isWriting });
    if (this.#messages.length === 0) drawWelcome(inside);
    else this.#view.draw(inside.inset(1, 0));
    this.#drawInput(writing);
    if (slotsWidth > 0) this.#drawSlots(slots);
  }

  copyText(): string | null {
    return this.#messages.findLast(({ who }) => who === "collider")?.text ?? null;
  }

  #drawInput(canvas: Canvas): void {
    const note = this.#isWriting ? "enter sends, alt-enter breaks the line" : "enter writes";
    const inside = drawPanel(canvas, { title: "You", note, isFocused: this.#isWriting });
    this.#input.draw(inside.inset(1, 0), {
      isFocused: this.#isWriting,
      hint: "Say what you want",
    });
  }

  #drawSlots(canvas: Canvas): void {
    const inside = drawPanel(canvas, { title: "Event" }).inset(1, 0);
    slotLines(this.#reply).slice(0, inside.height).forEach((line, y) =>
      drawLine(inside, 0, y, line)
    );
  }

  #startAnew(): void {
    this.#answering?.abort();
    this.#answering = null;
    this.#messages = [];
    this.#reply = null;
    this.#sessionId = crypto.randomUUID();
  }

  #submit(): void {
    const text = this.#input.text.trim();
    if (text === "" || this.#answering !== null) return;
    this.#input.text = "";
    this.#view.toEnd();
    this.#shell.attempt(() => this.#ask(text));
  }

  async #ask(text: string): Promise<void> {
    const answer: Message = { who: "collider", text: "" };
    this.#add({ who: "you", text }, answer);
    const answering = this.#answering = new AbortController();
    const onText = (piece: string) => {
      answer.text += piece;
      this.#show();
    };
    try {
      const { client } = this.#shell;
      const reply = await client.chat(text, this.#sessionId, onText, answering.signal);
      if (this.#answering !== answering) return;
      answer.text = reply.content;
      this.#reply = reply;
    } catch (error) {
      if (this.#answering !== answering) return;
      this.#add({ who: "problem", text: problemOf(error as Error, answering.signal) });
    } finally {
      if (this.#answering === answering) this.#answering = null;
      this.#show();
    }
  }

  #add(...messages: Message[]): void {
    this.#messages = [...this.#messages, ...messages].slice(-MAX_MESSAGES);
    this.#show();
  }

  #show(): void {
    this.#view.lines = this.#messages.flatMap(messageLines);
    this.#shell.invalidate();
  }
}

function problemOf(error: Error, { aborted }: AbortSignal): string {
  if (aborted) return "stopped";
  const hint = error instanceof RefusedError && error.hint !== undefined ? `\n${error.hint}` : "";
  return error.message + hint;
}

function messageLines({ who, text }: Message): StyledLine[] {
  const body = text === "" ? "…" : text;
  switch (who) {
    case "you":
      return [[{ text: "you", tone: "muted" }], ...linesOf(body, "strong"), []];
    case "collider":
      return [[{ text: "collider", tone: "accent" }], ...linesOf(body), []];
    case "problem":
      return [...linesOf(body, "bad"), []];
  }
}

function drawWelcome(canvas: Canvas): void {
  const { muted, title } = canvas.theme;
  const y = Math.max(0, (canvas.height >> 1) - 2);
  canvas.textCentred(y, "Talk with your events", title);
  canvas.textCentred(y + 2, "Ask what came in, or say what you want:", muted);
  canvas.textCentred(y + 3, "what an event of that type needs is asked back.", muted);
}

function slotLines(reply: ChatReply | null): StyledLine[] {
  if (reply === null) return [[{ text: "nothing said yet", tone: "muted" }]];
  const { intent, slots, missing, complete } = reply;
  return [
    [{ text: intent ?? "no intent yet", tone: intent === null ? "muted" : "title" }],
    [],
    ...Object.entries(slots).map(([name, value]): StyledLine => [
      { text: "✓ ", tone: "good" },
      { text: name, tone: "memberName" },
      { text: `  ${typeof value === "string" ? value : JSON.stringify(value)}` },
    ]),
    ...missing.map((name): StyledLine => [
      { text: "○ ", tone: "warning" },
      { text: name, tone: "memberName" },
      { text: "  missing", tone: "muted" },
    ]),
    [],
    complete ? [{ text: "complete", tone: "good" }] : [],
  ];
}
