import { ModelError } from "../errors.ts";

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
