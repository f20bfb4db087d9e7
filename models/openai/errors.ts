import { ModelError, type ModelErrorOptions, ModelTimeoutError } from "../errors.ts";

/** No connection to the server came about. */
export class ServerUnreachableError extends ModelError {}

/** The server's answer is larger than is read. */
export class AnswerTooLargeError extends ModelError {}

const REASON_LENGTH_MAX = 200;

/**
 * What was wrong, in words, with a call of the `openai` package: it hides what its `fetch` throws
 * behind an error of its own, which says nothing.
 */
export function reasonOf(error: unknown): string {
  const inner = modelErrorIn(error);
  if (inner !== null) return inner.message;
  return (error instanceof Error ? error.message : String(error)).slice(0, REASON_LENGTH_MAX);
}

/** This room's error behind one that the `openai` package gives; null if there is none. */
export function modelErrorIn(error: unknown): ModelError | null {
  if (error instanceof ModelError) return error;
  return error instanceof Error && error.cause instanceof ModelError ? error.cause : null;
}

/** A call of a server that failed. */
export interface FailedCall {
  /** What the server is called. */
  readonly name: string;
  /** What the operator can do about it. */
  readonly hint: string;
  /** Aborted when the time was over. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** What it is, unless the time was over. */
  readonly Failure: new (message: string, options: ModelErrorOptions) => ModelError;
}

/** The error to throw for a failed call of the `openai` package. */
export function callError(
  cause: unknown,
  { name, hint, signal, timeoutMs, Failure }: FailedCall,
): ModelError {
  const isLate = signal.aborted;
  const reason = isLate ? `it did not answer within ${timeoutMs} ms` : reasonOf(cause);
  return new (isLate ? ModelTimeoutError : Failure)(`${name} failed: ${reason}`, { hint, cause });
}
