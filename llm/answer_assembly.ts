import { z } from "zod";
import type { ChatAnswer } from "./chat_model.ts";
import { lastJsonObject } from "./json_answer.ts";
import { brokenAnswer } from "./openai_errors.ts";
import { type Opening, type ThinkingAnswer, ThinkingParser } from "./thinking.ts";

const contentPart = z.object({
  text: z.string().optional(),
  thinking: z.array(z.object({ text: z.string().optional() })).optional(),
});

/** What is read of a `chat.completion.chunk`, in the forms that servers give it. */
const chunkSchema = z.object({
  choices: z.array(z.object({
    delta: z.object({
      /** Parts: Mistral. */
      content: z.union([z.string(), z.array(contentPart)]).nullish(),
      /** DeepSeek, LM Studio, llama.cpp, vLLM. */
      reasoning_content: z.string().nullish(),
      /** Ollama, OpenRouter, newer vLLM. */
      reasoning: z.string().nullish(),
      tool_calls: z.array(z.object({
        index: z.int().default(0),
        id: z.string().nullish(),
        function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() })
          .nullish(),
      })).nullish(),
    }).nullish(),
    finish_reason: z.string().nullish(),
  })).nullish(),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

type Delta = NonNullable<NonNullable<z.infer<typeof chunkSchema>["choices"]>[number]["delta"]>;

/** How an answer is put together. */
export interface AnswerAssemblyOptions {
  /** Of no matter where the server takes the reasoning out itself. */
  readonly opening: Opening;
  /** Whether a JSON object is looked for in the answer. */
  readonly wantsJson: boolean;
}

/** An answer, and what it shows of how the server answers. */
export interface AssembledAnswer {
  readonly answer: ChatAnswer;
  /** Whether the model came to its end, and not to the most tokens that it may generate. */
  readonly isWhole: boolean;
  /** See {@linkcode ThinkingAnswer}. */
  readonly startedThinking: boolean;
}

const PROBLEM_LENGTH_MAX = 200;
const NO_CONTENT: ThinkingAnswer = { text: "", reasoning: "", startedThinking: false };

/** Puts an answer together from the chunks of its stream. */
export class AnswerAssembly {
  readonly #options: AnswerAssemblyOptions;
  readonly #toolCalls = new Map<number, { id: string; name: string; argumentsJson: string }>();
  #parser: ThinkingParser | undefined;
  #reasoning = "";
  #finishReason: string | undefined;
  #usage: ChatAnswer["usage"] = { promptTokens: 0, completionTokens: 0 };

  constructor(options: AnswerAssemblyOptions) {
    this.#options = options;
  }

  /** Whether anything of the answer has come. */
  get hasBegun(): boolean {
    return this.#parser !== undefined || this.#reasoning !== "" || this.#toolCalls.size > 0;
  }

  /**
   * Takes the next chunk, as JSON.
   *
   * @returns the text in it
   * @throws LlmBrokenAnswerError if it is not one
   */
  add(json: unknown): string {
    const { data: chunk, error } = chunkSchema.safeParse(json);
    if (error !== undefined) {
      const { path, message } = error.issues[0]!;
      throw brokenAnswer(`${path.join(".")}: ${message}`.slice(0, PROBLEM_LENGTH_MAX), error);
    }
    const { choices, usage } = chunk;
    if (usage) {
      this.#usage = {
        promptTokens: usage.prompt_tokens,
        completionTokens: usage.completion_tokens,
      };
    }
    const choice = choices?.[0];
    this.#finishReason = choice?.finish_reason ?? this.#finishReason;
    return choice?.delta ? this.#addDelta(choice.delta) : "";
  }

  /**
   * To be called once, after the last chunk.
   *
   * @throws LlmBrokenAnswerError if the last chunk did not say that it was the last one
   */
  finish(): AssembledAnswer {
    if (this.#finishReason === undefined) throw brokenAnswer("it ends in the middle");
    const isWhole = this.#finishReason !== "length";
    const parsed = this.#parser?.end(isWhole) ?? NO_CONTENT;
    const json = this.#options.wantsJson ? lastJsonObject(parsed.text) : undefined;
    return {
      answer: {
        text: parsed.text,
        reasoning: [this.#reasoning.trim(), parsed.reasoning].filter(Boolean).join("\n\n"),
        ...(json === undefined ? {} : { json }),
        toolCalls: [...this.#toolCalls.values()],
        usage: this.#usage,
      },
      isWhole,
      startedThinking: parsed.startedThinking,
    };
  }

  #addDelta({ content, reasoning_content, reasoning, tool_calls }: Delta): string {
    this.#reasoning += reasoning_content || reasoning || "";
    for (const { index, id, function: called } of tool_calls ?? []) {
      const call = this.#toolCalls.get(index) ??
        { id: `call_${index}`, name: "", argumentsJson: "" };
      call.id = id || call.id;
      call.name = called?.name || call.name;
      call.argumentsJson += called?.arguments ?? "";
      this.#toolCalls.set(index, call);
    }
    if (!content) return "";
    const text = typeof content === "string" ? content : this.#textOf(content);
    this.#parser ??= new ThinkingParser(this.#reasoning === "" ? this.#options.opening : "text");
    return this.#parser.push(text);
  }

  #textOf(parts: readonly z.infer<typeof contentPart>[]): string {
    for (const { thinking } of parts) {
      for (const { text } of thinking ?? []) this.#reasoning += text ?? "";
    }
    return parts.map(({ text }) => text ?? "").join("");
  }
}
