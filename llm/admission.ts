import { LlmBusyError } from "./errors.ts";

/** Whether somebody waits for what a task gives. */
export type Priority = "interactive" | "background";

/** Options of {@link Admission}. */
export interface AdmissionOptions {
  /** Tasks that run at the same time; half of them in the background, at most, but one at least. */
  readonly runningMax: number;
  /** Tasks of each priority that wait for one of them to end. */
  readonly waitingMax: number;
}

/**
 * Lets a few tasks run at the same time: first those that somebody waits for, and those of the same
 * priority in the order of their arrival.
 */
export class Admission {
  readonly #runningMax: number;
  readonly #backgroundMax: number;
  readonly #waitingMax: number;
  readonly #waiting = {
    interactive: new Set<PromiseWithResolvers<void>>(),
    background: new Set<PromiseWithResolvers<void>>(),
  };
  readonly #running = { interactive: 0, background: 0 };

  constructor({ runningMax, waitingMax }: AdmissionOptions) {
    this.#runningMax = runningMax;
    this.#backgroundMax = Math.ceil(runningMax / 2);
    this.#waitingMax = waitingMax;
  }

  /**
   * Runs a task as soon as it may.
   *
   * @throws LlmBusyError if too many wait already
   * @throws the signal's reason if it is aborted while the task waits, and whatever the task throws
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal, priority: Priority): Promise<T> {
    signal.throwIfAborted();
    if (this.#hasRoom(priority)) this.#running[priority]++;
    else await this.#wait(signal, priority);
    try {
      return await task();
    } finally {
      this.#running[priority]--;
      this.#admitNext();
    }
  }

  #hasRoom(priority: Priority): boolean {
    const { interactive, background } = this.#running;
    return interactive + background < this.#runningMax &&
      (priority === "interactive" || background < this.#backgroundMax);
  }

  #admitNext(): void {
    for (const priority of ["interactive", "background"] as const) {
      const [next] = this.#waiting[priority];
      if (next === undefined || !this.#hasRoom(priority)) continue;
      this.#waiting[priority].delete(next);
      this.#running[priority]++;
      next.resolve();
      return;
    }
  }

  async #wait(signal: AbortSignal, priority: Priority): Promise<void> {
    const waiting = this.#waiting[priority];
    if (waiting.size >= this.#waitingMax) {
      throw new LlmBusyError(`${this.#waitingMax} requests wait for the language model`, {
        hint: "ask for less at once, or let the server take more at the same time",
      });
    }
    const turn = Promise.withResolvers<void>();
    const giveUp = () => {
      waiting.delete(turn);
      turn.reject(signal.reason);
    };
    waiting.add(turn);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }
}
