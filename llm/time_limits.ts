import { LlmTimeoutError } from "./errors.ts";

/** How long an answer may take, ms. */
export interface LlmTimeLimits {
  /** All of it, with waiting and retries. */
  readonly totalMs: number;
  /** Until its first token. */
  readonly firstTokenMs: number;
  /** From one token to the next. */
  readonly nextTokenMs: number;
}

type Timeout = ReturnType<typeof setTimeout>;

/** The time limits of one call: a signal that is aborted by the first of them that is over. */
export class CallTimer implements Disposable {
  readonly #controller = new AbortController();
  readonly #total: Timeout;
  #token: Timeout | undefined;
  /** Aborted with an `LlmTimeoutError`, or with the caller's reason. */
  readonly signal: AbortSignal;

  /** @param caller its signal */
  constructor(totalMs: number, caller?: AbortSignal) {
    this.signal = caller === undefined
      ? this.#controller.signal
      : AbortSignal.any([caller, this.#controller.signal]);
    this.#total = this.#limit(totalMs, "all of its answer");
  }

  /** Gives the next token its time; the last one has come. */
  awaitToken(limitMs: number): void {
    clearTimeout(this.#token);
    this.#token = this.#limit(limitMs, "its next token");
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#total);
    clearTimeout(this.#token);
  }

  #limit(limitMs: number, what: string): Timeout {
    return setTimeout(() => {
      this.#controller.abort(
        new LlmTimeoutError(`the language model did not give ${what} within ${limitMs} ms`, {
          hint: "give it more time, or choose a smaller model",
        }),
      );
    }, limitMs);
  }
}
