import { CircuitBreaker } from "./circuit_breaker.ts";
import {
  type ModelError,
  type ModelErrorOptions,
  ModelTimeoutError,
  ModelUnavailableError,
} from "./errors.ts";
import { reasonOf } from "./openai/errors.ts";

/** Options of {@link ProbedServer}. */
export interface ProbedServerOptions {
  /** What it is called in errors. */
  readonly name: string;
  /** What the operator can do if it is left out. */
  readonly hint: string;
  /** For one call, ms. */
  readonly timeoutMs: number;
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
  readonly #timeoutMs: number;
  readonly #probe: () => Promise<unknown>;
  readonly #breaker: CircuitBreaker;

  constructor(
    { name, hint, timeoutMs, probe, breaker = new CircuitBreaker() }: ProbedServerOptions,
  ) {
    this.#name = name;
    this.#hint = hint;
    this.#timeoutMs = timeoutMs;
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

  /**
   * The error to throw for a call of the `openai` package that failed.
   *
   * @param signal was aborted if the time was over
   * @param Failure what it is otherwise
   */
  error(
    cause: unknown,
    signal: AbortSignal,
    Failure: new (message: string, options: ModelErrorOptions) => ModelError,
  ): ModelError {
    const isLate = signal.aborted;
    const reason = isLate ? `it did not answer within ${this.#timeoutMs} ms` : reasonOf(cause);
    const options = { hint: this.#hint, cause };
    return new (isLate ? ModelTimeoutError : Failure)(`${this.#name} failed: ${reason}`, options);
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
