/** What the first request with a key was answered. */
export interface FirstAnswer {
  readonly id: string;
  readonly type: string;
}

interface Entry {
  readonly answer: Promise<FirstAnswer>;
  isStored: boolean;
  /** Unix ms. */
  readonly expiresMs: number;
}

/** Bounds of the window in which a key is remembered. */
export interface IdempotencyOptions {
  /** How long a key is remembered, ms. @default 24 hours */
  readonly windowMs?: number;
  /** Keys remembered; the oldest are forgotten first. @default 100000 */
  readonly maxKeys?: number;
}

/** How many keys are remembered unless the operator says otherwise. */
export const DEFAULT_MAX_KEYS = 100_000;
export const DEFAULT_WINDOW_MS = 24 * 60 * 60 * 1000;

/**
 * Remembers the idempotency keys of recent events, so that the same key again is answered like the
 * first time. A request whose twin is still being stored waits for the twin's outcome; if that
 * fails the key is free again.
 */
export class IdempotencyWindow {
  /** In order of insertion, which is the order of expiry. */
  readonly #entries = new Map<string, Entry>();
  readonly #windowMs: number;
  readonly #maxKeys: number;

  constructor(options: IdempotencyOptions = {}) {
    this.#windowMs = options.windowMs ?? DEFAULT_WINDOW_MS;
    this.#maxKeys = options.maxKeys ?? DEFAULT_MAX_KEYS;
  }

  /** The answer that the key's first event has got, or is about to get. */
  find(key: string, nowMs: number): Promise<FirstAnswer> | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresMs > nowMs ? entry.answer : undefined;
  }

  /** What {@linkcode find} gives, as long as the key's first event is not stored yet. */
  findUnderWay(key: string, nowMs: number): Promise<FirstAnswer> | undefined {
    return this.#entries.get(key)?.isStored === false ? this.find(key, nowMs) : undefined;
  }

  /** Remembers a key whose event is being stored. */
  remember(key: string, answer: Promise<FirstAnswer>, receivedMs: number): void {
    this.#entries.delete(key);
    const entry = { answer, isStored: false, expiresMs: receivedMs + this.#windowMs };
    this.#entries.set(key, entry);
    answer.then(() => entry.isStored = true, () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    this.#forget(receivedMs);
  }

  #forget(nowMs: number): void {
    for (const [key, { expiresMs }] of this.#entries) {
      if (expiresMs > nowMs && this.#entries.size <= this.#maxKeys) return;
      this.#entries.delete(key);
    }
  }
}
