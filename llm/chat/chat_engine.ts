import type { ChatAnswer, ChatMessage, ChatModel } from "../chat_model.ts";
import { LlmAnswerTooLargeError, LlmBrokenAnswerError, LlmBusyError } from "../errors.ts";
import type { Embed } from "../sentiment.ts";
import type { ChatHistory, ChatTool, KnownSchema, KnownSchemas } from "./chat_parts.ts";
import { type ChatState, isComplete, missingOf, NO_STATE, type SlotValue } from "./chat_state.ts";
import { SchemaRelevance, SCHEMAS_COMPARED_MAX } from "./schema_relevance.ts";
import { VisibleText, visibleText } from "./slot_marker.ts";
import { systemPrompt } from "./system_prompt.ts";
import { type Reserved, understand } from "./understand.ts";

/** What the engine works with. */
export interface ChatEngineParts extends Reserved {
  readonly model: ChatModel;
  readonly history: ChatHistory;
  readonly schemas: KnownSchemas;
  /** Finds out by it which schemas matter for a message. */
  readonly embed: Embed;
  readonly tools: readonly ChatTool[];
  /** Told when everything that an event needs was said; without it, nothing is done then. */
  readonly execute?: (event: Readonly<Record<string, SlotValue>>) => Promise<void>;
}

/** What a person is answered. */
export interface ChatReply {
  readonly role: "assistant";
  /** Plain text or Markdown. */
  readonly content: string;
  readonly intent: string | null;
  readonly slots: Readonly<Record<string, SlotValue>>;
  readonly missing: readonly string[];
  readonly complete: boolean;
  readonly session_id: string;
}

/** How a message is answered. */
export interface AnswerOptions {
  /** Gets the answer's text piece by piece. */
  readonly onText?: (piece: string) => void;
  readonly signal?: AbortSignal;
}

/** Event types that the model is told of. */
const SCHEMAS_TOLD_MAX = 20;
const HISTORY_TURNS_MAX = 20;
const HISTORY_CHARACTERS_MAX = 12_000;
/** Times that the model may look something up for one answer. */
const TOOL_ROUNDS_MAX = 4;
const TOOL_CALLS_PER_ROUND_MAX = 4;
const TOOL_RESULT_CHARACTERS_MAX = 6_000;
const ANSWER_TOKENS_MAX = 4_096;
/** UTF-16 code units: more than so many tokens have, where a server does not keep to that. */
const ANSWER_UNITS_MAX = 64_000;
/** Messages of one session that wait for the one before them. */
const WAITING_PER_SESSION_MAX = 8;

/**
 * Talks with people about what the gateway has learned: finds out what they want, and fills an event
 * in by what they say. The answer comes as text that can be shown while it comes, followed by a
 * block for the gateway, so that one call gives both.
 */
export class ChatEngine {
  readonly #parts: ChatEngineParts;
  readonly #relevance: SchemaRelevance;
  /** By session: the last message that is to be answered, and how many there are. */
  readonly #busy = new Map<string, { readonly last: Promise<unknown>; readonly count: number }>();

  constructor(parts: ChatEngineParts) {
    this.#parts = parts;
    this.#relevance = new SchemaRelevance(parts.embed);
  }

  /**
   * Answers a message. The messages of one session are answered one after the other.
   *
   * @throws {LlmBusyError} if too many messages of the session wait
   * @throws {LlmError} if the model gives no answer; the message is not kept then
   */
  async answer(
    sessionId: string,
    message: string,
    options: AnswerOptions = {},
  ): Promise<ChatReply> {
    const { last = Promise.resolve(), count = 0 } = this.#busy.get(sessionId) ?? {};
    if (count > WAITING_PER_SESSION_MAX) {
      throw new LlmBusyError(`${WAITING_PER_SESSION_MAX} messages of this session wait`, {
        hint: "wait for the answers",
      });
    }
    const turn = last.catch(() => {}).then(() => this.#answer(sessionId, message, options));
    this.#busy.set(sessionId, { last: turn, count: count + 1 });
    try {
      return await turn;
    } finally {
      const busy = this.#busy.get(sessionId)!;
      if (busy.last === turn) this.#busy.delete(sessionId);
      else this.#busy.set(sessionId, { ...busy, count: busy.count - 1 });
    }
  }

  async #answer(sessionId: string, message: string, options: AnswerOptions): Promise<ChatReply> {
    const { history, schemas, execute } = this.#parts;
    options.signal?.throwIfAborted();
    const { turns, state: kept } = await history.load(sessionId, HISTORY_TURNS_MAX);
    const before = kept ?? NO_STATE;
    const answer = await this.#converse([
      { role: "system", content: systemPrompt(before, await this.#relevant(message, before)) },
      ...newest(turns),
      { role: "user", content: message },
    ], options);
    if (answer.text.trim() === "") {
      throw new LlmBrokenAnswerError("the language model said nothing", {
        hint: "ask again; if it happens often, choose a model that thinks less",
      });
    }
    const said = [...turns.filter(({ role }) => role === "user"), { content: message }]
      .map(({ content }) => content).join("\n");
    const state = understand(
      answer.text,
      before,
      said,
      (name) => schemas.get(name),
      this.#parts,
    );
    const content = visibleText(answer.text);
    const complete = isComplete(state);
    if (complete && execute !== undefined) {
      await execute({ ...state.slots, type: state.intent!, conversation_id: sessionId });
    }
    await history.append(sessionId, [
      { role: "user", content: message },
      { role: "assistant", content },
      // What was done is not done again.
    ], complete && execute !== undefined ? NO_STATE : state);
    return {
      role: "assistant",
      content,
      intent: state.intent,
      slots: state.slots,
      missing: missingOf(state),
      complete,
      session_id: sessionId,
    };
  }

  /** The event types that the model is told of: what the person wants, then what they may mean. */
  async #relevant(message: string, { intent }: ChatState): Promise<KnownSchema[]> {
    const { schemas } = this.#parts;
    const sorted = await this.#relevance.sort(message, schemas.outlines(SCHEMAS_COMPARED_MAX));
    const names = new Set(intent === null ? [] : [intent]);
    for (const { name } of sorted.slice(0, SCHEMAS_TOLD_MAX)) names.add(name);
    return Array.from(names, (name) => schemas.get(name)).filter((schema) => schema !== undefined);
  }

  /** Lets the model look things up until it answers. */
  async #converse(messages: ChatMessage[], options: AnswerOptions): Promise<ChatAnswer> {
    const { model, tools } = this.#parts;
    const { signal } = options;
    for (let round = 0;; round++) {
      const visible = new VisibleText();
      const show = (text: string) => {
        if (text !== "") options.onText?.(text);
      };
      let units = 0;
      const onPiece = (piece: string) => {
        units += piece.length;
        if (units > ANSWER_UNITS_MAX) throw answerTooLarge();
        show(visible.push(piece));
      };
      const mayLookUp = round < TOOL_ROUNDS_MAX && tools.length > 0;
      const answer = await model.stream({
        messages,
        maxTokens: ANSWER_TOKENS_MAX,
        ...(mayLookUp ? { tools: tools.map(({ definition }) => definition) } : {}),
        ...(signal === undefined ? {} : { signal }),
      }, onPiece);
      show(visible.end());
      if (answer.toolCalls.length === 0 || !mayLookUp) return answer;
      const calls = answer.toolCalls.slice(0, TOOL_CALLS_PER_ROUND_MAX);
      messages.push({ role: "assistant", content: answer.text, toolCalls: calls });
      for (const { id, name, argumentsJson } of calls) {
        const content = await this.#lookUp(name, argumentsJson);
        messages.push({ role: "tool", toolCallId: id, content });
      }
    }
  }

  /** What a tool gives, or why it gives nothing: both for the model. */
  async #lookUp(name: string, argumentsJson: string): Promise<string> {
    const tool = this.#parts.tools.find(({ definition }) => definition.name === name);
    if (tool === undefined) return JSON.stringify({ error: `there is no tool ${name}` });
    try {
      const args: unknown = JSON.parse(argumentsJson || "{}");
      if (typeof args !== "object" || args === null || Array.isArray(args)) {
        throw new Error("the arguments must be an object");
      }
      const result = JSON.stringify(await tool.run(args as Record<string, unknown>));
      return result.slice(0, TOOL_RESULT_CHARACTERS_MAX);
    } catch (cause) {
      return JSON.stringify({ error: (cause as Error).message });
    }
  }
}

function answerTooLarge(): LlmAnswerTooLargeError {
  return new LlmAnswerTooLargeError(
    `the language model's answer has more than ${ANSWER_UNITS_MAX} characters`,
    { hint: "ask for a shorter answer, or see whether the model repeats itself" },
  );
}

/** The newest turns that fit. */
function newest(turns: readonly { role: "user" | "assistant"; content: string }[]): ChatMessage[] {
  let characters = 0;
  const fitting: ChatMessage[] = [];
  for (const { role, content } of turns.toReversed()) {
    characters += content.length;
    if (characters > HISTORY_CHARACTERS_MAX) break;
    fitting.unshift({ role, content });
  }
  return fitting;
}
