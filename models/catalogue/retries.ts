import { setTimeout as delay } from "node:timers/promises";
import { DownloadError } from "./errors.ts";

/** How often and how soon something is tried again. */
export interface RetryOptions {
  /** Pause after the first failure, ms; about doubled after every further one. @default 500 */
  readonly backoffMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const ATTEMPTS = 5;
const DEFAULT_BACKOFF_MS = 500;
/** A server that wants a longer pause is not waited for. */
const PAUSE_MAX_MS = 60_000;

/**
 * Tries something again while it fails by a {@linkcode DownloadError}.
 *
 * @throws its last error, or the signal's reason
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { backoffMs = DEFAULT_BACKOFF_MS, signal }: RetryOptions,
): Promise<T> {
  for (let tried = 1;; tried++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof DownloadError) || tried === ATTEMPTS) throw error;
      // Not all at the same moment: the parts of a file fail together.
      const pauseMs = error.retryAfterMs ?? backoffMs * 2 ** (tried - 1) * (0.5 + Math.random());
      if (pauseMs > PAUSE_MAX_MS) throw error;
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal })
        .catch(() => signal?.throwIfAborted());
    }
  }
}
