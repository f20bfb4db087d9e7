/** When a breaker opens and for how long. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it. @default 5 */
  readonly failures?: number;
  /** How long it stays open before one attempt is let through, ms. @default 10000 */
  readonly coolDownMs?: number;
}

/**
 * `closed`: attempts are made; `open`: none is; `half_open`: none was made since the cool-down, and
 * the next one decides.
 */
export type CircuitState = "closed" | "open" | "half_open";

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
    if (nowMs < this.#openUntilMs) return false;
    // Half open: the others wait for this attempt's outcome.
    if (this.#hasFailedOften) this.#openUntilMs = nowMs + this.#coolDownMs;
    return true;
  }

  succeed(): void {
    this.#failures = 0;
    this.#openUntilMs = 0;
  }

  /** @param pauseMs what is asked for by who failed: opens it at once, for as long */
  fail(nowMs: number, pauseMs = 0): void {
    this.#failures++;
    const coolDownMs = this.#hasFailedOften ? this.#coolDownMs : 0;
    this.#openUntilMs = Math.max(this.#openUntilMs, nowMs + Math.max(coolDownMs, pauseMs));
  }

  /** Opens it at once: after a failure for which too much had to wait to risk another. */
  open(nowMs: number): void {
    this.#failures = Math.max(this.#failures + 1, this.#maxFailures);
    this.#openUntilMs = Math.max(this.#openUntilMs, nowMs + this.#coolDownMs);
  }

  stateAt(nowMs: number): CircuitState {
    if (nowMs < this.#openUntilMs) return "open";
    return this.#hasFailedOften ? "half_open" : "closed";
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Until when no attempt is made, unless that is over. */
  get openUntilMs(): number {
    return this.#openUntilMs;
  }

  get #hasFailedOften(): boolean {
    return this.#failures >= this.#maxFailures;
  }
}
