import { CircuitBreaker } from "./circuit_breaker.ts";
import { ModelTimeoutError, ModelUnavailableError } from "./errors.ts";

/** Options of {@link ProbedServer}. */
export interface ProbedServerOptions {
  /** What it is called in errors. */
  readonly name: string;
  /** What the operator can do if it is left out. */
  readonly hint: string;
  /** A little work, to see whether it is back. */
  readonly probe: () => Promise<unknown>;
  readonly breaker?: CircuitBreaker;
}

/**
 * Keeps events from waiting for a server that does not work: one that fails again and again, or once
 * does not answer in time, is left out until it has answered a probe, which nothing waits for.
 */
export class ProbedServer {
  readonly #name: string;
  readonly #hint: string;
  readonly #probe: () => Promise<unknown>;
  readonly #breaker: CircuitBreaker;

  constructor({ name, hint, probe, breaker = new CircuitBreaker() }: ProbedServerOptions) {
    this.#name = name;
    this.#hint = hint;
    this.#probe = probe;
    this.#breaker = breaker;
  }

  /**
   * Has it do something.
   *
   * @throws {ModelUnavailableError} while it is left out
   * @throws what the work throws; after a {@linkcode ModelTimeoutError} it is left out at once
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const nowMs = performance.now();
    if (this.#breaker.stateAt(nowMs) === "closed") return await this.#watch(work);
    // Half open. The breaker notes how it ends.
    if (this.#breaker.allows(nowMs)) this.#watch(this.#probe).catch(() => {});
    throw new ModelUnavailableError(`${this.#name} is left out for a while`, { hint: this.#hint });
  }

  async #watch<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#breaker.succeed();
      return result;
    } catch (cause) {
      if (cause instanceof ModelTimeoutError) this.#breaker.open(performance.now());
      else this.#breaker.fail(performance.now());
      throw cause;
    }
  }
}
