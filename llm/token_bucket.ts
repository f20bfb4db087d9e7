/**
 * A rate limit: so many at once, refilled evenly over a minute.
 *
 * @see https://en.wikipedia.org/wiki/Token_bucket
 */
export class TokenBucket {
  readonly #perMinute: number;
  #tokens: number;
  #filledMs: number;

  /** @param nowMs on the clock that `take` is given too */
  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute;
    this.#tokens = perMinute;
    this.#filledMs = nowMs;
  }

  /**
   * @param spared so many are left to others
   * @returns whether there was one to take
   */
  take(nowMs: number, spared = 0): boolean {
    const refilled = (nowMs - this.#filledMs) * this.#perMinute / 60_000;
    this.#tokens = Math.min(this.#perMinute, this.#tokens + refilled);
    this.#filledMs = nowMs;
    if (this.#tokens < 1 + spared) return false;
    this.#tokens--;
    return true;
  }
}
