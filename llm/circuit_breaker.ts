/** When a breaker opens and for how long. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it. @default 5 */
  readonly failures?: number;
  /** How long it stays open before one attempt is let through, ms. @default 10000 */
  readonly coolDownMs?: number;
}

/**
 * Keeps a stage that fails again and again from being tried for every event: after some failures in
 * a row it is left out for a while, then one attempt decides.
 *
 * @see Michael Nygard, Release It!, chapter "Circuit Breaker"
 */
export class CircuitBreaker {
  readonly #maxFailures: number;
  readonly #coolDownMs: number;
  #failures = 0;
  #openUntilMs = 0;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#maxFailures = options.failures ?? 5;
    this.#coolDownMs = options.coolDownMs ?? 10_000;
  }

  /** Whether an attempt may be made. */
  allows(nowMs: number): boolean {
    if (this.#failures < this.#maxFailures) return true;
    if (nowMs < this.#openUntilMs) return false;
    // Half open: the others wait for this attempt's outcome.
    this.#openUntilMs = nowMs + this.#coolDownMs;
    return true;
  }

  succeed(): void {
    this.#failures = 0;
  }

  fail(nowMs: number): void {
    this.#failures++;
    if (this.#failures >= this.#maxFailures) this.#openUntilMs = nowMs + this.#coolDownMs;
  }
}
