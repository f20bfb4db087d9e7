import type { Priority } from "./admission.ts";

/** A call of a tool that the model asks for. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The arguments as the model wrote them: JSON text, not yet checked. */
  readonly argumentsJson: string;
}

/** A tool that the model may call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** One turn of a conversation with a model. */
export type ChatMessage =
  | { readonly role: "system" | "user"; readonly content: string }
  | {
    readonly role: "assistant";
    readonly content: string;
    readonly toolCalls?: readonly ToolCall[];
  }
  | { readonly role: "tool"; readonly toolCallId: string; readonly content: string };

/** What a model is asked. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  /** The answer is to be one JSON object of this schema; it is then in `ChatAnswer.json`. */
  readonly answerSchema?: {
    readonly name: string;
    readonly schema: Readonly<Record<string, unknown>>;
  };
  /** At most this many tokens are generated, reasoning included. */
  readonly maxTokens?: number;
  /** What somebody waits for goes before what is asked in the background. @default "interactive" */
  readonly priority?: Priority;
  /** Gives up, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a model answered. */
export interface ChatAnswer {
  /** The answer without its reasoning. */
  readonly text: string;
  /** What the model thought before it answered; empty where it shows none. */
  readonly reasoning: string;
  /** The last complete JSON object of the answer, where a schema was given and one was found. */
  readonly json?: Readonly<Record<string, unknown>>;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
}

/** A language model that answers conversations. */
export interface ChatModel {
  /** Whether it failed so often that it is not asked for now; then every call fails at once. */
  readonly isLeftOut?: boolean;
  /** @throws LlmError if no answer came: no server, time over, refused, too busy. */
  complete(request: ChatRequest): Promise<ChatAnswer>;
  /**
   * Like `complete`, and gives each piece of the answer's text, never of its reasoning, as it
   * comes.
   *
   * @throws LlmError as `complete` does; pieces may have been given by then
   */
  stream(request: ChatRequest, onText: (piece: string) => void): Promise<ChatAnswer>;
}
