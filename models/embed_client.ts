import { EmbedThread } from "./embed_thread.ts";
import type { EmbedderChoice, EmbedResult, MappedRing } from "./embed_messages.ts";
import { TEXT_UNITS_MAX } from "./embedder.ts";
import { EmbedderUnavailableError, EmbedStuckError } from "./errors.ts";

/** Options of {@link EmbedClient.start}. */
export interface EmbedClientOptions {
  /** Where the embeddings go; must stay mapped until the client is closed. */
  ring: MappedRing;
  /** @default {{ kind: "hashing" }} */
  embedder?: EmbedderChoice;
  /** Longest time without an answer while one is due, ms. @default {30_000} */
  timeoutMs?: number;
  /** Restarts in a row without a batch embedded in between. @default {5} */
  restartsMax?: number;
  /** Pause before the first of them, ms; doubled before every further one. @default {200} */
  backoffMs?: number;
  /** The worker's script. @default `embed_worker.ts` */
  workerUrl?: URL;
}

/**
 * Embeds texts straight into the ring's slots, in a worker thread that is restarted when it fails.
 *
 * It is restarted by the first batch that comes after the pause, and not without limit: a thread
 * that hangs can't be ended, only left behind.
 */
export class EmbedClient {
  readonly #options: Required<EmbedClientOptions>;
  #thread: EmbedThread;
  #restarts = 0;
  #isClosed = false;

  private constructor(options: Required<EmbedClientOptions>) {
    this.#options = options;
    this.#thread = new EmbedThread(options);
  }

  /**
   * Starts the worker and waits until its embedder is ready.
   *
   * @throws {EmbedWorkerError} if it can't be made
   * @throws {EmbedTimeoutError} if it is not ready in time
   */
  static async start(options: EmbedClientOptions): Promise<EmbedClient> {
    const client = new EmbedClient({
      embedder: { kind: "hashing" },
      timeoutMs: 30_000,
      restartsMax: 5,
      backoffMs: 200,
      workerUrl: new URL("./embed_worker.ts", import.meta.url),
      ...options,
    });
    await client.#thread.ready;
    return client;
  }

  /**
   * Embeds texts into the slots of the frames `firstFrameId`, `firstFrameId` + 1, …, with their spin
   * and attraction. The slots must have been begun and are the embedder's until the promise settles;
   * if it is rejected, anything may stand in them.
   *
   * @param texts at most one per slot of the ring
   * @throws {EmbedFailedError} if the embedder refuses them
   * @throws {EmbedWorkerError} if its thread dies
   * @throws {EmbedTimeoutError} if it does not answer in time
   * @throws {EmbedStuckError} if it can't be kept from writing to the slots
   * @throws {EmbedderBusyError} if too many batches wait for it
   * @throws {EmbedderUnavailableError} if there is none now
   */
  async embed(firstFrameId: number, texts: readonly string[]): Promise<EmbedResult> {
    const { capacity } = this.#options.ring;
    if (texts.length > capacity) {
      throw new RangeError(`${texts.length} texts don't fit into ${capacity} slots`);
    }
    return await this.#usableThread().embed(firstFrameId, texts.map(beginningOf));
  }

  /**
   * Ends the worker; batches that it has not answered are rejected. The ring may be unmapped then.
   *
   * @throws {EmbedStuckError} if it can't be kept from writing to the ring
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { error } = await this.#thread.stop(closedError());
    if (error instanceof EmbedStuckError) throw error;
  }

  /** The running thread, or a new one if that may be. */
  #usableThread(): EmbedThread {
    if (this.#thread.isUsable) return this.#thread;
    if (this.#isClosed) throw closedError();
    const { end, hasEmbedded } = this.#thread;
    if (end === null) throw restartingError();
    if (end.error instanceof EmbedStuckError) throw end.error;
    const { restartsMax, backoffMs } = this.#options;
    const restartsBefore = hasEmbedded ? 0 : this.#restarts;
    if (restartsBefore >= restartsMax) {
      throw new EmbedderUnavailableError(
        `the embedder was restarted ${restartsMax} times and never embedded anything`,
        { hint: "restart the gateway with another embedder", cause: end.error },
      );
    }
    const pauseMs = backoffMs * 2 ** restartsBefore;
    if (performance.now() < end.atMs + pauseMs) throw restartingError(end.error);
    this.#restarts = restartsBefore + 1;
    this.#thread = new EmbedThread(this.#options);
    return this.#thread;
  }
}

/** No embedder looks further than this; the rest need not travel. */
function beginningOf(text: string): string {
  return text.length > TEXT_UNITS_MAX ? text.slice(0, TEXT_UNITS_MAX) : text;
}

function closedError(): EmbedderUnavailableError {
  return new EmbedderUnavailableError("the embedder is closed", {
    hint: "let what embeds come to its end before the embedder is closed",
  });
}

function restartingError(cause?: unknown): EmbedderUnavailableError {
  return new EmbedderUnavailableError("the embedder failed and is being restarted", {
    hint: "try again in a moment",
    cause,
  });
}
