import { LlmBusyError } from "./errors.ts";

/** Options of {@link Admission}. */
export interface AdmissionOptions {
  /** Tasks that run at the same time. */
  readonly runningMax: number;
  /** Tasks that wait for one of them to end. */
  readonly waitingMax: number;
}

/** Lets a few tasks run at the same time, in the order of their arrival. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #waiting = new Set<PromiseWithResolvers<void>>();
  #running = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Runs a task as soon as it may.
   *
   * @throws LlmBusyError if too many wait already
   * @throws the signal's reason if it is aborted while the task waits, and whatever the task throws
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#running < this.#options.runningMax) this.#running++;
    else await this.#wait(signal);
    try {
      return await task();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#running--;
      else {
        this.#waiting.delete(next);
        next.resolve(); // takes this one's place
      }
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { waitingMax } = this.#options;
    if (this.#waiting.size >= waitingMax) {
      throw new LlmBusyError(`${waitingMax} requests wait for the language model`, {
        hint: "ask for less at once, or let the server take more at the same time",
      });
    }
    const turn = Promise.withResolvers<void>();
    const giveUp = () => {
      this.#waiting.delete(turn);
      turn.reject(signal.reason);
    };
    this.#waiting.add(turn);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }
}
