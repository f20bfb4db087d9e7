import { setTimeout as delay } from "node:timers/promises";
import {
  type ModelError,
  ModelStuckError,
  ModelTimeoutError,
  ModelUnavailableError,
} from "../errors.ts";
import { ModelThread, type ModelThreadOptions } from "./model_thread.ts";

/**
 * `working`: it has answered, or was not asked yet; `restarting`: it has failed, and not answered
 * since; `failing`: so often in a row that it is left alone for longer and longer.
 */
export type ModelState = "working" | "restarting" | "failing";

/** Options of {@link ModelClient.start}. */
export interface ModelClientOptions<Settings>
  extends Omit<ModelThreadOptions<Settings>, "startTimeoutMs" | "timeoutMs"> {
  /** @default {120_000} */
  readonly startTimeoutMs?: number;
  /** @default {30_000} */
  readonly timeoutMs?: number;
  /** Restarts in a row without anything done in between, after which it counts as failing. @default {5} */
  readonly restartsMax?: number;
  /** Pause before the first of them, ms; doubled before every further one. @default {200} */
  readonly backoffMs?: number;
  /** Told when the state is another one; why it failed, unless it works. */
  readonly onState?: (state: ModelState, cause: ModelError | null) => void;
}

const RESTART_PAUSE_MAX_MS = 300_000;
/** A request waits so long at most for the model to be restarted. */
const PATIENCE_MS = 5_000;

/**
 * A model in a worker thread that is restarted when it fails: inference blocks the thread that calls
 * it, which must not be the one that answers requests.
 *
 * It is restarted by the first request that comes after the pause. One that hangs is not restarted
 * without limit: its thread can't be ended, only left behind, with the memory of the model.
 */
export class ModelClient<Settings, About, Request, Result> {
  readonly #options: Required<ModelClientOptions<Settings>>;
  #thread: ModelThread<Settings, About, Request, Result>;
  #restarts = 0;
  #state: ModelState = "working";
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
      onState: () => {},
      ...options,
    });
    const about = await client.#thread.ready;
    client.#follow(client.#thread);
    return { client, about };
  }

  /**
   * Has the model do something. While it is being restarted, that waits for a few seconds.
   *
   * @param transfer see {@linkcode ModelThread.ask}
   * @throws {ModelFailedError} if it refuses
   * @throws {ModelWorkerError} if its thread dies
   * @throws {ModelTimeoutError} if it does not answer in time
   * @throws {ModelStuckError} if it can't be kept from writing to the ring
   * @throws {ModelBusyError} if too many requests wait for it
   * @throws {ModelUnavailableError} if there is none now
   */
  async ask(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Result> {
    const result = await (await this.#usableThread()).ask(request, transfer);
    this.#changeState("working", null);
    return result;
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
  async #usableThread(): Promise<ModelThread<Settings, About, Request, Result>> {
    while (!this.#isClosed && !this.#thread.isUsable) {
      const thread = this.#thread;
      const { error, atMs } = await thread.ended;
      if (this.#isClosed || thread !== this.#thread) continue;
      this.#assertRestartable(error);
      const pauseMs = atMs + this.#pauseMs - performance.now();
      if (pauseMs > PATIENCE_MS) throw this.#pausingError(pauseMs, error);
      if (pauseMs > 0) await delay(pauseMs);
      else this.#restart();
    }
    if (this.#isClosed) throw this.#closedError();
    return this.#thread;
  }

  #restart(): void {
    this.#restarts = this.#restartsInVain + 1;
    this.#thread = new ModelThread(this.#options);
    this.#follow(this.#thread);
  }

  async #follow({ ended }: ModelThread<Settings, About, Request, Result>): Promise<void> {
    const { error } = await ended;
    if (this.#isClosed) return;
    this.#changeState(this.#hasFailedOften ? "failing" : "restarting", error);
  }

  #changeState(state: ModelState, cause: ModelError | null): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState(state, cause);
  }

  /** Restarts in a row, up to the thread of now, without anything done in between. */
  get #restartsInVain(): number {
    return this.#thread.hasAnswered ? 0 : this.#restarts;
  }

  get #hasFailedOften(): boolean {
    return this.#restartsInVain >= this.#options.restartsMax;
  }

  /** From the end of the thread to its restart. */
  get #pauseMs(): number {
    return Math.min(RESTART_PAUSE_MAX_MS, this.#options.backoffMs * 2 ** this.#restartsInVain);
  }

  /** @param cause why the thread of now has ended */
  #assertRestartable(cause: ModelError): void {
    if (cause instanceof ModelStuckError) throw cause;
    if (!(cause instanceof ModelTimeoutError && this.#hasFailedOften)) return;
    const { name, restartsMax } = this.#options;
    throw new ModelUnavailableError(
      `${name} was restarted ${restartsMax} times and never did anything in time`,
      { hint: "restart the gateway with another model", cause },
    );
  }

  #closedError(): ModelUnavailableError {
    return new ModelUnavailableError(`${this.#options.name} is closed`, {
      hint: "let what uses it come to its end before it is closed",
    });
  }

  #pausingError(pauseMs: number, cause: ModelError): ModelUnavailableError {
    const seconds = Math.ceil(pauseMs / 1000);
    return new ModelUnavailableError(
      `${this.#options.name} failed and is restarted in ${seconds} s`,
      { hint: "try again then; if it fails again and again, choose another model", cause },
    );
  }
}
