import { APIConnectionTimeoutError, APIError } from "openai";
import {
  AnswerTooLargeError,
  modelErrorIn,
  ServerUnreachableError,
} from "../models/openai/errors.ts";
import {
  LlmAnswerTooLargeError,
  LlmBrokenAnswerError,
  LlmBusyError,
  LlmError,
  LlmRefusedError,
  LlmTimeoutError,
  LlmUnavailableError,
} from "./errors.ts";

const CHECK_SERVER = "see that the server runs and has a model loaded";
const REASON_LENGTH_MAX = 200;

/** Says in this room's terms why the `openai` package, or what it read, failed. */
export function asLlmError(cause: unknown): LlmError {
  if (cause instanceof LlmError) return cause;
  if (!(cause instanceof Error)) return brokenAnswer(String(cause));
  const inner = modelErrorIn(cause);
  if (inner instanceof ServerUnreachableError) {
    return new LlmUnavailableError(`the language model is away: ${inner.message}`, {
      hint: inner.hint,
      cause,
    });
  }
  if (inner instanceof AnswerTooLargeError) {
    return new LlmAnswerTooLargeError(inner.message, { hint: inner.hint, cause });
  }
  const reason = cause.message.slice(0, REASON_LENGTH_MAX);
  if (cause instanceof APIConnectionTimeoutError) {
    return new LlmTimeoutError("the language model's server does not answer", {
      hint: "give it more time, or choose a smaller model",
      cause,
    });
  }
  if (!(cause instanceof APIError)) return brokenAnswer(reason, cause);
  const { status } = cause;
  if (status === 429) {
    return new LlmBusyError(`the language model's server is busy: ${reason}`, {
      hint: "ask for less, or let the server take more at the same time",
      cause,
    });
  }
  if (status === undefined || status >= 500) {
    return new LlmUnavailableError(`the language model's server failed: ${reason}`, {
      hint: CHECK_SERVER,
      cause,
    });
  }
  return new LlmRefusedError(`the language model's server refused: ${reason}`, {
    hint: "see that its address, model and API key are right; redirects are not followed",
    cause,
  });
}

/** What came is no answer. */
export function brokenAnswer(problem: string, cause?: unknown): LlmBrokenAnswerError {
  return new LlmBrokenAnswerError(`the language model's answer is broken: ${problem}`, {
    hint: "see the server's log; it may have crashed, or not be OpenAI-compatible",
    cause,
  });
}
