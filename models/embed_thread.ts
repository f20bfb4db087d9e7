import type {
  EmbedAnswer,
  EmbedBatch,
  EmbedderChoice,
  EmbedResult,
  EmbedStart,
  MappedRing,
} from "./embed_messages.ts";
import {
  EmbedderBusyError,
  EmbedFailedError,
  EmbedStuckError,
  EmbedTimeoutError,
  EmbedWorkerError,
  type ModelError,
} from "./errors.ts";
import { SlotLease } from "./slot_lease.ts";

const WAITING_BATCHES_MAX = 64;

/** What an embed worker is started with. */
export interface EmbedThreadOptions {
  /** Must stay mapped until the thread has ended. */
  ring: MappedRing;
  embedder: EmbedderChoice;
  /** Longest time without an answer while one is due, ms. */
  timeoutMs: number;
  /** The worker's script. */
  workerUrl: URL;
}

/** How a thread ended. */
export interface EmbedThreadEnd {
  /** What its last batches were rejected with. */
  error: ModelError;
  /** On the clock of `performance.now()`. */
  atMs: number;
}

/**
 * One embed worker from its start to its end, which comes when it crashes, does not answer in time
 * or is stopped. What it has not answered is rejected then, but not before it has lost its
 * {@link SlotLease}: the slots may be cleared, published and used again. The one exception has an
 * error of its own, {@link EmbedStuckError}.
 */
export class EmbedThread {
  readonly #worker: Worker;
  readonly #lease = new SlotLease();
  readonly #timeoutMs: number;
  readonly #ready = Promise.withResolvers<void>();
  readonly #waiting = new Map<number, PromiseWithResolvers<EmbedResult>>();
  #nextId = 0;
  #isStarting = true;
  #hasEmbedded = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #stopping: Promise<EmbedThreadEnd> | null = null;
  #end: EmbedThreadEnd | null = null;

  constructor({ ring, embedder, timeoutMs, workerUrl }: EmbedThreadOptions) {
    this.#timeoutMs = timeoutMs;
    this.#ready.promise.catch(() => {}); // after a restart nobody asks: the batches tell
    this.#worker = new Worker(workerUrl, { type: "module", name: "embedder" });
    this.#worker.onmessage = ({ data }: MessageEvent<EmbedAnswer>) => this.#answered(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or it would end this process too
      this.#lease.release(); // it may have died holding it, and is dead when this event comes
      this.#died(event.message);
    };
    const { address, sizeBytes, capacity } = ring;
    const lease = this.#lease.shared;
    const start: EmbedStart = { ring: { address, sizeBytes, capacity }, embedder, lease };
    this.#worker.postMessage(start);
    this.#watch();
  }

  /** Settled when the embedder is ready, or can't be made. Batches are taken before, too. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether it takes batches. */
  get isUsable(): boolean {
    return this.#stopping === null;
  }

  /** Whether it ever embedded a batch. */
  get hasEmbedded(): boolean {
    return this.#hasEmbedded;
  }

  /** How it ended; null while it may still answer or write. */
  get end(): EmbedThreadEnd | null {
    return this.#end;
  }

  /** Has texts embedded into the slots of the frames from `firstFrameId` on. */
  async embed(firstFrameId: number, texts: readonly string[]): Promise<EmbedResult> {
    if (this.#waiting.size >= WAITING_BATCHES_MAX) {
      throw new EmbedderBusyError(`${WAITING_BATCHES_MAX} batches wait for the embedder`, {
        hint: "send more texts per batch, or wait for answers",
      });
    }
    const answer = Promise.withResolvers<EmbedResult>();
    const batch: EmbedBatch = { id: this.#nextId++, firstFrameId, texts };
    this.#waiting.set(batch.id, answer);
    this.#worker.postMessage(batch);
    if (this.#waiting.size === 1) this.#watch();
    return await answer.promise;
  }

  /**
   * Ends the thread.
   *
   * @param reason what its batches are rejected with, unless it turns out to be stuck; only the
   *   first call's counts
   */
  stop(reason: ModelError): Promise<EmbedThreadEnd> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  async #stop(reason: ModelError): Promise<EmbedThreadEnd> {
    clearTimeout(this.#watchdog);
    const isQuiet = await this.#lease.revoke(this.#timeoutMs);
    this.#worker.terminate();
    const error = isQuiet ? reason : new EmbedStuckError(
      `the embedder still writes to the ring ${this.#timeoutMs} ms after it was given up`,
      { hint: "restart the gateway; if it happens again, choose another embedder", cause: reason },
    );
    this.#end = { error, atMs: performance.now() };
    this.#ready.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    return this.#end;
  }

  #answered(answer: EmbedAnswer): void {
    switch (answer.kind) {
      case "ready":
        this.#isStarting = false;
        this.#ready.resolve();
        break;
      case "not_ready":
        this.#died(answer.reason);
        break;
      case "embedded":
        this.#hasEmbedded = true;
        this.#take(answer.id)?.resolve(answer.result);
        break;
      case "failed":
        this.#take(answer.id)?.reject(
          new EmbedFailedError(`the embedder refused a batch: ${answer.reason}`, {
            hint: "its events have no embedding; the others are not affected",
          }),
        );
    }
    this.#watch();
  }

  #take(id: number): PromiseWithResolvers<EmbedResult> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #died(reason: string): void {
    this.stop(
      new EmbedWorkerError(`the embedder's thread ended: ${reason}`, {
        hint: "it is restarted a few times; if that does not help, choose another embedder",
      }),
    );
  }

  /** Starts the time limit of the next answer, if one is due. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    const isAnswerDue = this.#isStarting || this.#waiting.size > 0;
    if (!this.isUsable || !isAnswerDue) return;
    this.#watchdog = setTimeout(() => {
      this.stop(
        new EmbedTimeoutError(`the embedder did not answer within ${this.#timeoutMs} ms`, {
          hint: "give it more time or smaller batches",
        }),
      );
    }, this.#timeoutMs);
  }
}
