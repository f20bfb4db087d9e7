import { type EmbedderCode, EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import type {
  AboutEmbedder,
  EmbedAnswer,
  EmbedderChoice,
  EmbedRequest,
  EmbedResult,
  EmbedSettings,
  MappedRing,
  VectorsResult,
} from "./embed_messages.ts";
import { ModelBusyError, ModelWorkerError } from "./errors.ts";
import { ModelClient, type ModelClientOptions } from "./worker/model_client.ts";

/** Options of {@link EmbedClient.start}. */
export interface EmbedClientOptions
  extends Partial<Omit<ModelClientOptions<EmbedSettings>, "name" | "settings">> {
  /** Where the embeddings go; must stay mapped until the client is closed. */
  readonly ring: MappedRing;
  /** The first that works is used. @default the hashing embedder */
  readonly choices?: readonly EmbedderChoice[];
}

/** The vectors of some texts. */
export interface TextVectors {
  /** What made them: they can be compared with those of the same embedder, and no others. */
  readonly embedder: EmbedderCode;
  /** 1,024 floats each; zeros where there was nothing to embed. */
  readonly vectors: readonly Float32Array[];
}

/** A batch of long texts may take a model minutes on a small machine. */
const MODEL_TIMEOUT_MS = 300_000;
/** Requests for vectors that wait: batches of events, which wait in the same queue, find room. */
const VECTOR_REQUESTS_MAX = 32;
/** UTF-16 code units of a text that travel to the worker: more than any model looks at. */
const TEXT_UNITS_MAX = 65_536;

/** Embeds texts straight into the ring's slots, in a worker thread. */
export class EmbedClient {
  /** What the worker said of itself when it was started. */
  readonly about: AboutEmbedder;
  readonly #client: ModelClient<EmbedSettings, AboutEmbedder, EmbedRequest, EmbedAnswer>;
  readonly #capacity: number;
  #vectorRequests = 0;
  /** Settled when no batch is tried again. */
  #retries: Promise<unknown> = Promise.resolve();

  private constructor(
    client: ModelClient<EmbedSettings, AboutEmbedder, EmbedRequest, EmbedAnswer>,
    about: AboutEmbedder,
    capacity: number,
  ) {
    this.#client = client;
    this.about = about;
    this.#capacity = capacity;
  }

  /**
   * Starts the worker and waits until its embedder is ready.
   *
   * @throws what {@linkcode ModelClient.start} throws
   */
  static async start(
    { ring, choices = [{ kind: "hashing" }], ...options }: EmbedClientOptions,
  ): Promise<EmbedClient> {
    const { address, sizeBytes, capacity } = ring;
    const isQuick = choices.every(({ kind }) => kind === "hashing");
    const { client, about } = await ModelClient.start<
      EmbedSettings,
      AboutEmbedder,
      EmbedRequest,
      EmbedAnswer
    >({
      name: "the embedder",
      workerUrl: new URL("./embed_worker.ts", import.meta.url),
      settings: {
        ring: { address, sizeBytes, capacity },
        choices,
      },
      ...(isQuick ? {} : { timeoutMs: MODEL_TIMEOUT_MS }),
      ...options,
    });
    return new EmbedClient(client, about, capacity);
  }

  /**
   * Embeds texts into the slots of the frames `firstFrameId`, `firstFrameId` + 1, …, with their spin
   * and attraction. The slots must have been begun and are the embedder's until the promise settles;
   * if it is rejected, anything may stand in them.
   *
   * A batch whose worker died is tried once more, all others waiting: it may be another one that the
   * worker can't bear.
   *
   * @param texts at most one per slot of the ring
   * @throws what {@linkcode ModelClient.ask} throws
   */
  async embed(firstFrameId: number, texts: readonly string[]): Promise<EmbedResult> {
    if (texts.length > this.#capacity) {
      throw new RangeError(`${texts.length} texts don't fit into ${this.#capacity} slots`);
    }
    const request = { firstFrameId, texts: texts.map(beginningOf) };
    await this.#retries;
    try {
      return await this.#client.ask(request) as EmbedResult;
    } catch (cause) {
      if (!(cause instanceof ModelWorkerError)) throw cause;
    }
    const retry = this.#retries.then(() => this.#client.ask(request));
    this.#retries = retry.catch(() => {});
    return await retry as EmbedResult;
  }

  /**
   * The vectors of texts that belong to no frame.
   *
   * @throws {ModelBusyError} if too many ask for vectors
   * @throws what {@linkcode ModelClient.ask} throws
   */
  async vectors(texts: readonly string[]): Promise<TextVectors> {
    if (this.#vectorRequests >= VECTOR_REQUESTS_MAX) {
      throw new ModelBusyError(`${VECTOR_REQUESTS_MAX} requests for vectors wait`, {
        hint: "ask again in a moment",
      });
    }
    this.#vectorRequests++;
    const answer = await this.#client.ask({ texts: texts.map(beginningOf) })
      .finally(() => this.#vectorRequests--);
    const { embedder, floats } = answer as VectorsResult;
    const vectors = texts.map((_, i) =>
      floats.subarray(i * EMBEDDING_DIMENSIONS, (i + 1) * EMBEDDING_DIMENSIONS)
    );
    return { embedder, vectors };
  }

  /** See {@linkcode ModelClient.close}. */
  close(): Promise<void> {
    return this.#client.close();
  }
}

function beginningOf(text: string): string {
  return text.length > TEXT_UNITS_MAX ? text.slice(0, TEXT_UNITS_MAX) : text;
}
