import type { Metrics } from "./client/answers.ts";
import { GatewayLostError, RefusedError } from "./client/errors.ts";

/** How it stands with the gateway. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "connected" }
  /** It has gone away, or was never there. */
  | { readonly kind: "lost" }
  /** It answers that it does not want to answer. */
  | { readonly kind: "refused"; readonly problem: string; readonly hint: string };

/** What is watched, and who is told. */
export interface WatchOptions {
  readonly read: () => Promise<Metrics>;
  /** Told each reading; the next one waits for it. */
  readonly onReading: (metrics: Metrics) => Promise<void>;
  readonly onConnection: (connection: Connection) => void;
  /** From one reading to the next. */
  readonly intervalMs: number;
}

/** After so many readings without an event, intervals are longer. */
const IDLE_READINGS = 20;
const IDLE_FACTOR = 2;
/** The gateway has better things to do: we take a twentieth of its time at most… */
const PAUSE_PER_WORK = 19;
/** …but people must not wait for what is new longer than so many intervals. */
const MAX_STRETCH = 4;
const LOST_INTERVAL_MS = 1_000;

/** Reads the metrics again and again, rarely enough not to be noticed by the gateway. */
export class Watch {
  readonly #options: WatchOptions;
  #isStopped = false;
  #isWanted = false;
  #wake: () => void = () => {};
  #lastEvents = -1;
  #idleReadings = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Resolves when it is stopped. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      this.#isWanted = false;
      const startedMs = performance.now();
      const intervalMs = await this.#read();
      const tookMs = performance.now() - startedMs;
      const restMs = Math.min(MAX_STRETCH * intervalMs, tookMs * PAUSE_PER_WORK);
      await this.#pause(Math.max(intervalMs, restMs));
    }
  }

  /** Has the next reading come now. */
  now(): void {
    this.#isWanted = true;
    this.#idleReadings = 0;
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /** @returns how long to wait for the next reading */
  async #read(): Promise<number> {
    const { read, onReading, onConnection, intervalMs } = this.#options;
    try {
      const metrics = await read();
      this.#idleReadings = metrics.events_stored === this.#lastEvents ? this.#idleReadings + 1 : 0;
      this.#lastEvents = metrics.events_stored;
      await onReading(metrics);
      onConnection({ kind: "connected" });
    } catch (error) {
      if (error instanceof GatewayLostError) onConnection({ kind: "lost" });
      else if (error instanceof RefusedError) {
        onConnection({ kind: "refused", problem: error.message, hint: error.hint ?? "" });
      } else throw error;
      return LOST_INTERVAL_MS;
    }
    return this.#idleReadings < IDLE_READINGS ? intervalMs : intervalMs * IDLE_FACTOR;
  }

  #pause(durationMs: number): Promise<void> {
    if (this.#isStopped || this.#isWanted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, durationMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
