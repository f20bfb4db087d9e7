import { setTimeout as delay } from "node:timers/promises";
import { ModelStuckError, ModelUnavailableError } from "../errors.ts";
import { ModelThread, type ModelThreadOptions } from "./model_thread.ts";

/** Options of {@link ModelClient.start}. */
export interface ModelClientOptions<Settings>
  extends Omit<ModelThreadOptions<Settings>, "startTimeoutMs" | "timeoutMs"> {
  /** @default {120_000} */
  readonly startTimeoutMs?: number;
  /** @default {30_000} */
  readonly timeoutMs?: number;
  /** Restarts in a row without anything done in between. @default {5} */
  readonly restartsMax?: number;
  /** Pause before the first of them, ms; doubled before every further one. @default {200} */
  readonly backoffMs?: number;
}

/**
 * A model in a worker thread that is restarted when it fails: inference blocks the thread that calls
 * it, which must not be the one that answers requests.
 *
 * It is restarted by the first request that comes after the pause, and not without limit: a thread
 * that hangs can't be ended, only left behind.
 */
export class ModelClient<Settings, About, Request, Result> {
  readonly #options: Required<ModelClientOptions<Settings>>;
  #thread: ModelThread<Settings, About, Request, Result>;
  #restarts = 0;
  #isClosed = false;

  private constructor(options: Required<ModelClientOptions<Settings>>) {
    this.#options = options;
    this.#thread = new ModelThread(options);
  }

  /**
   * Starts the worker and waits until its model is ready.
   *
   * @returns the client, and what the model says of itself
   * @throws {ModelWorkerError} if it can't be made
   * @throws {ModelTimeoutError} if it is not ready in time
   */
  static async start<Settings, About, Request, Result>(
    options: ModelClientOptions<Settings>,
  ): Promise<{ client: ModelClient<Settings, About, Request, Result>; about: About }> {
    const client = new ModelClient<Settings, About, Request, Result>({
      startTimeoutMs: 120_000,
      timeoutMs: 30_000,
      restartsMax: 5,
      backoffMs: 200,
      ...options,
    });
    return { client, about: await client.#thread.ready };
  }

  /**
   * Has the model do something.
   *
   * @throws {ModelFailedError} if it refuses
   * @throws {ModelWorkerError} if its thread dies
   * @throws {ModelTimeoutError} if it does not answer in time
   * @throws {ModelStuckError} if it can't be kept from writing to the ring
   * @throws {ModelBusyError} if too many requests wait for it
   * @throws {ModelUnavailableError} if there is none now
   */
  async ask(request: Request): Promise<Result> {
    return await this.#usableThread().ask(request);
  }

  /**
   * Like {@linkcode ask}, but waits while the model is being restarted, instead of refusing.
   *
   * @throws what {@linkcode ask} throws
   */
  async askPatiently(request: Request): Promise<Result> {
    while (!this.#isClosed && !this.#thread.isUsable) {
      const { atMs } = await this.#thread.stop(this.#closedError()); // it is stopping already
      const pauseMs = atMs + this.#pauseMs - performance.now();
      if (pauseMs <= 0) break;
      await delay(pauseMs);
    }
    return await this.ask(request);
  }

  /**
   * Ends the worker; requests that it has not answered are rejected. The ring may be unmapped then.
   *
   * @throws {ModelStuckError} if it can't be kept from writing to the ring
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { error } = await this.#thread.stop(this.#closedError());
    if (error instanceof ModelStuckError) throw error;
  }

  /** The running thread, or a new one if that may be. */
  #usableThread(): ModelThread<Settings, About, Request, Result> {
    if (this.#thread.isUsable) return this.#thread;
    if (this.#isClosed) throw this.#closedError();
    const { end } = this.#thread;
    if (end === null) throw this.#restartingError();
    if (end.error instanceof ModelStuckError) throw end.error;
    const { name, restartsMax } = this.#options;
    if (this.#restartsInVain >= restartsMax) {
      throw new ModelUnavailableError(
        `${name} was restarted ${restartsMax} times and never did anything`,
        { hint: "restart the gateway with another model", cause: end.error },
      );
    }
    if (performance.now() < end.atMs + this.#pauseMs) throw this.#restartingError(end.error);
    this.#restarts = this.#restartsInVain + 1;
    this.#thread = new ModelThread(this.#options);
    return this.#thread;
  }

  /** Restarts in a row, up to the thread of now, without anything done in between. */
  get #restartsInVain(): number {
    return this.#thread.hasAnswered ? 0 : this.#restarts;
  }

  /** From the end of the thread to its restart. */
  get #pauseMs(): number {
    return this.#options.backoffMs * 2 ** this.#restartsInVain;
  }

  #closedError(): ModelUnavailableError {
    return new ModelUnavailableError(`${this.#options.name} is closed`, {
      hint: "let what uses it come to its end before it is closed",
    });
  }

  #restartingError(cause?: unknown): ModelUnavailableError {
    return new ModelUnavailableError(`${this.#options.name} failed and is being restarted`, {
      hint: "try again in a moment",
      cause,
    });
  }
}
