import type { OpenAI } from "openai";
import { Admission } from "./admission.ts";
import { AnswerAssembly } from "./answer_assembly.ts";
import type { ChatAnswer, ChatModel, ChatRequest } from "./chat_model.ts";
import { CircuitBreaker } from "../models/circuit_breaker.ts";
import { serverClient } from "../models/openai/server_client.ts";
import { LlmError, LlmLeftOutError, LlmRefusedError, LlmUnavailableError } from "./errors.ts";
import { asLlmError } from "./openai_errors.ts";
import { chatBody, type OptionalParameter, refusedParameter } from "./openai_request.ts";
import type { Opening } from "./thinking.ts";
import { CallTimer, type LlmTimeLimits } from "./time_limits.ts";

/** Options of {@link OpenAiChat}. */
export interface OpenAiChatOptions {
  /** @default {"http://127.0.0.1:1234/v1"} */
  readonly baseUrl?: string;
  /** @default the first of the server's that is not for embeddings */
  readonly model?: string;
  /** Sent as bearer token. @default none */
  readonly apiKey?: string;
  /** @default {{ totalMs: 300_000, firstTokenMs: 60_000, nextTokenMs: 30_000 }} */
  readonly timeLimits?: Partial<LlmTimeLimits>;
  /** Attempts after the first one, as long as the server has not begun to answer. @default {2} */
  readonly retries?: number;
  /** Calls that the server works on at the same time, see {@linkcode Admission}. @default {4} */
  readonly runningMax?: number;
  /** Calls of each priority that wait for them. @default {64} */
  readonly waitingMax?: number;
  /** Of an answer as the server sends it: several times that of its text. @default {16 MiB} */
  readonly answerBytesMax?: number;
  /** Told of every call when it has ended. */
  readonly onCall?: (call: LlmCall) => void;
}

/** What is measured of one call. */
export interface LlmCall {
  /** `answered`, `given up` by the caller, or the name of the error's class. */
  readonly outcome: string;
  /** With waiting and retries. */
  readonly durationMs: number;
  /** Until the first token of answer or reasoning; null if none came. */
  readonly firstTokenMs: number | null;
  /** 0 where the server does not say. */
  readonly promptTokens: number;
  readonly completionTokens: number;
}

const DEFAULT_BASE_URL = "http://127.0.0.1:1234/v1";
const TIME_LIMITS: LlmTimeLimits = { totalMs: 300_000, firstTokenMs: 60_000, nextTokenMs: 30_000 };
const ANSWER_BYTES_MAX = 16 * 2 ** 20;

/**
 * A language model behind any OpenAI-compatible server: LM Studio, llama.cpp, vLLM, Ollama, …
 *
 * Every answer is streamed, whoever asks, so that the time limits between tokens hold, and what the
 * model thinks is kept apart. A server that fails again and again is left out for a while.
 *
 * Until one answer has shown whether the model's answers begin in the middle of reasoning (see
 * `ThinkingParser`), pieces are held back that might be reasoning.
 */
export class OpenAiChat implements ChatModel {
  readonly #client: OpenAI;
  readonly #givenModel: string | undefined;
  readonly #timeLimits: LlmTimeLimits;
  readonly #onCall: (call: LlmCall) => void;
  readonly #admission: Admission;
  readonly #breaker = new CircuitBreaker();
  #foundModel: string | undefined;
  /** Found out by asking. */
  #refused: ReadonlySet<OptionalParameter> = new Set();
  /** What the model's answers begin with, by what the last telling one did. */
  #opening: Opening = "unknown";

  /** @throws TypeError if the base URL is none */
  constructor(options: OpenAiChatOptions = {}) {
    const { baseUrl = DEFAULT_BASE_URL, apiKey, runningMax = 4, waitingMax = 64 } = options;
    this.#givenModel = options.model;
    this.#timeLimits = { ...TIME_LIMITS, ...options.timeLimits };
    this.#onCall = options.onCall ?? (() => {});
    this.#admission = new Admission({ runningMax, waitingMax });
    this.#client = serverClient({
      baseUrl,
      apiKey,
      timeoutMs: this.#timeLimits.firstTokenMs,
      retries: options.retries ?? 2,
      answerBytesMax: options.answerBytesMax ?? ANSWER_BYTES_MAX,
    });
  }

  get isLeftOut(): boolean {
    return this.#breaker.stateAt(performance.now()) === "open";
  }

  complete(request: ChatRequest): Promise<ChatAnswer> {
    return this.stream(request, () => {});
  }

  async stream(request: ChatRequest, onText: (piece: string) => void): Promise<ChatAnswer> {
    using timer = new CallTimer(this.#timeLimits.totalMs, request.signal);
    const call: Call = { request, onText, timer, startedMs: performance.now(), firstTokenMs: null };
    try {
      const { priority = "interactive" } = request;
      const answer = await this.#admission.run(() => this.#guarded(call), timer.signal, priority);
      this.#observe(call, "answered", answer);
      return answer;
    } catch (error) {
      this.#observe(call, error instanceof LlmError ? error.name : "given up");
      throw error;
    }
  }

  /** Keeps a server that fails again and again from being asked. */
  async #guarded(call: Call): Promise<ChatAnswer> {
    if (!this.#breaker.allows(performance.now())) throw new LlmLeftOutError();
    try {
      const answer = await this.#ask(call);
      this.#breaker.succeed();
      return answer;
    } catch (cause) {
      const { signal } = call.timer;
      const error = signal.aborted ? signal.reason : asLlmError(cause);
      if (error instanceof LlmRefusedError) this.#breaker.succeed(); // it works, for other requests
      else if (error instanceof LlmError) this.#breaker.fail(performance.now());
      this.#foundModel = undefined; // the server may have another one now
      throw error;
    }
  }

  async #ask(call: Call): Promise<ChatAnswer> {
    const { request, onText, timer } = call;
    const { firstTokenMs, nextTokenMs } = this.#timeLimits;
    const chunks = await this.#open(request, timer.signal);
    const assembly = new AnswerAssembly({
      opening: this.#opening,
      wantsJson: request.answerSchema !== undefined,
    });
    let given = "";
    timer.awaitToken(firstTokenMs);
    for await (const chunk of chunks) {
      const text = assembly.add(chunk);
      if (assembly.hasBegun) {
        call.firstTokenMs ??= performance.now() - call.startedMs;
        timer.awaitToken(nextTokenMs);
      }
      given += text;
      if (text !== "") onText(text);
    }
    const { answer, isWhole, startedThinking } = assembly.finish();
    if (startedThinking) this.#opening = "reasoning";
    // A schema may keep a model from thinking, and a cut-off answer from showing that it thinks.
    else if (isWhole && answer.text !== "" && request.answerSchema === undefined) {
      this.#opening = "text";
    }
    if (answer.text.length > given.length && answer.text.startsWith(given)) {
      onText(answer.text.slice(given.length));
    }
    return answer;
  }

  /** Sends the request, again without what the server turns out not to take. */
  async #open(request: ChatRequest, signal: AbortSignal): Promise<AsyncIterable<unknown>> {
    const model = this.#givenModel ?? (this.#foundModel ??= await this.#findModel(signal));
    const refused = new Set(this.#refused);
    while (true) {
      const body = chatBody(model, request, refused);
      try {
        const chunks = await this.#client.chat.completions.create(body, { signal });
        this.#refused = this.#refused.union(refused);
        return chunks;
      } catch (error) {
        const parameter = refusedParameter(error, body);
        if (parameter === null) throw error;
        refused.add(parameter);
      }
    }
  }

  async #findModel(signal: AbortSignal): Promise<string> {
    // Where nobody listens, which is found out here, those who wait are not kept waiting.
    const { data } = await this.#client.models.list({ signal, maxRetries: 0 });
    const model = data.find(({ id }) => !/embed/i.test(id)) ?? data[0];
    if (model === undefined) {
      throw new LlmUnavailableError("the language model's server has no model", {
        hint: "load one there",
      });
    }
    return model.id;
  }

  #observe({ startedMs, firstTokenMs }: Call, outcome: string, answer?: ChatAnswer): void {
    this.#onCall({
      outcome,
      durationMs: performance.now() - startedMs,
      firstTokenMs,
      promptTokens: answer?.usage.promptTokens ?? 0,
      completionTokens: answer?.usage.completionTokens ?? 0,
    });
  }
}

/** A call that is under way. */
interface Call {
  readonly request: ChatRequest;
  readonly onText: (piece: string) => void;
  readonly timer: CallTimer;
  /** On the clock of `performance.now()`. */
  readonly startedMs: number;
  firstTokenMs: number | null;
}
