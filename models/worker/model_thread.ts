import {
  ModelBusyError,
  type ModelError,
  ModelFailedError,
  ModelStuckError,
  ModelTimeoutError,
  ModelUnavailableError,
  ModelWorkerError,
} from "../errors.ts";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./messages.ts";
import { SlotLease } from "./slot_lease.ts";

const WAITING_REQUESTS_MAX = 64;

/** What a model's worker is started with. */
export interface ModelThreadOptions<Settings> {
  /** What the model is called in errors: `the embedder`. */
  readonly name: string;
  /** The worker's script. */
  readonly workerUrl: URL;
  /** What the worker makes the model of; can be cloned. */
  readonly settings: Settings;
  /** Longest time until the model is ready, ms: large ones load for long. */
  readonly startTimeoutMs: number;
  /** Longest time without an answer while one is due, ms. */
  readonly timeoutMs: number;
}

/** How a thread ended. */
export interface ModelThreadEnd {
  /** What its last requests were rejected with. */
  readonly error: ModelError;
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
}

/**
 * One model's worker from its start to its end, which comes when it crashes, does not answer in time
 * or is stopped. What it has not answered is rejected then, but not before it has lost its
 * {@link SlotLease}: the slots may be cleared, published and used again. The one exception has an
 * error of its own, {@link ModelStuckError}.
 */
export class ModelThread<Settings, About, Request, Result> {
  readonly #options: ModelThreadOptions<Settings>;
  readonly #worker: Worker;
  readonly #lease = new SlotLease();
  readonly #ready = Promise.withResolvers<About>();
  readonly #waiting = new Map<number, PromiseWithResolvers<Result>>();
  #nextId = 0;
  #isStarting = true;
  #hasAnswered = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;
  readonly #ended = Promise.withResolvers<ModelThreadEnd>();

  constructor(options: ModelThreadOptions<Settings>) {
    this.#options = options;
    this.#ready.promise.catch(() => {}); // after a restart nobody asks: the requests tell
    this.#worker = new Worker(options.workerUrl, { type: "module", name: options.name });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerAnswer<About, Result>>) =>
      this.#answered(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or it would end this process too
      this.#lease.release(); // it may have died holding it, and is dead when this event comes
      this.#died(event.message);
    };
    const { settings } = options;
    const start: WorkerStart<Settings> = { settings, lease: this.#lease.shared };
    this.#worker.postMessage(start);
    this.#watch();
  }

  /**
   * Settled when the model is ready, with what it says of itself, or can't be made. Requests are
   * taken before, too.
   */
  get ready(): Promise<About> {
    return this.#ready.promise;
  }

  /** Whether it takes requests. */
  get isUsable(): boolean {
    return !this.#isStopping;
  }

  /** Whether it ever did what it was asked. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Settled, with how it ended, when it can neither answer nor write any more. */
  get ended(): Promise<ModelThreadEnd> {
    return this.#ended.promise;
  }

  /**
   * Has the model do something.
   *
   * @param transfer memory that goes over to the worker: copying megabytes would keep others waiting
   */
  async ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    if (this.#waiting.size >= WAITING_REQUESTS_MAX) {
      throw new ModelBusyError(`${WAITING_REQUESTS_MAX} requests wait for ${this.#options.name}`, {
        hint: "ask for more at once, or wait for answers",
      });
    }
    const answer = Promise.withResolvers<Result>();
    const message: WorkerRequest<Request> = { id: this.#nextId++, request };
    this.#waiting.set(message.id, answer);
    this.#worker.postMessage(message, [...transfer]);
    if (this.#waiting.size === 1) this.#watch();
    return await answer.promise;
  }

  /**
   * Ends the thread.
   *
   * @param reason what its requests are rejected with, unless it turns out to be stuck; only the
   *   first call's counts
   */
  stop(reason: ModelError): Promise<ModelThreadEnd> {
    if (!this.#isStopping) this.#stop(reason);
    return this.#ended.promise;
  }

  async #stop(reason: ModelError): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#watchdog);
    const { name, timeoutMs } = this.#options;
    const isQuiet = await this.#lease.revoke(timeoutMs);
    this.#worker.terminate();
    const error = isQuiet ? reason : new ModelStuckError(
      `${name} still writes to the ring ${timeoutMs} ms after it was given up`,
      { hint: "restart the gateway; if it happens again, choose another model", cause: reason },
    );
    this.#ended.resolve({ error, atMs: performance.now() });
    this.#ready.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #answered(answer: WorkerAnswer<About, Result>): void {
    const { name } = this.#options;
    switch (answer.kind) {
      case "ready":
        this.#isStarting = false;
        this.#ready.resolve(answer.about);
        break;
      case "not_ready":
        this.#died(answer.reason, answer.hint);
        break;
      case "done":
        this.#hasAnswered = true;
        this.#take(answer.id)?.resolve(answer.result);
        break;
      case "failed":
        this.#take(answer.id)?.reject(failureOf(answer, name));
    }
    this.#watch();
  }

  #take(id: number): PromiseWithResolvers<Result> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #died(
    reason: string,
    hint = "it is restarted; if it fails again and again, choose another model",
  ): void {
    this.stop(new ModelWorkerError(`${this.#options.name} has ended: ${reason}`, { hint }));
  }

  /** Starts the time limit of the next answer, if one is due. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    const isAnswerDue = this.#isStarting || this.#waiting.size > 0;
    if (!this.isUsable || !isAnswerDue) return;
    const { name, startTimeoutMs, timeoutMs } = this.#options;
    const limitMs = this.#isStarting ? startTimeoutMs : timeoutMs;
    this.#watchdog = setTimeout(() => {
      this.stop(
        new ModelTimeoutError(`${name} did not answer within ${limitMs} ms`, {
          hint: "give it more time or ask for less at once",
        }),
      );
    }, limitMs);
  }
}

function failureOf(
  { isUnavailable, reason, hint }: Extract<WorkerAnswer<unknown, unknown>, { kind: "failed" }>,
  name: string,
): ModelError {
  const options = { hint: hint ?? "its events go on without it; the others are not affected" };
  return isUnavailable
    ? new ModelUnavailableError(reason, options)
    : new ModelFailedError(`${name} refused a request: ${reason}`, options);
}
