import { APIError, type OpenAI } from "openai";
import { EMBEDDER, EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { BatchBisection, PROBE, TextsRefusedError, type TextVector } from "./batch_bisection.ts";
import type { CircuitBreaker } from "./circuit_breaker.ts";
import type { RemoteEmbedderSettings } from "./embed_messages.ts";
import type { Embedded, Embedder, EmbedNote } from "./embedder.ts";
import { ModelUnavailableError } from "./errors.ts";
import { serverClient } from "./openai/server_client.ts";
import { ProbedServer } from "./probed_server.ts";
import { textBatches, type TextBatchLimits } from "./text_batches.ts";
import { writeNormalised } from "./write_normalised.ts";

/**
 * Of a server that answered the last time. Frames wait for them: there are none for one that may not be
 * there at all, when another embedder may be at hand.
 */
const RETRIES = 2;
/** Answers that may be about the texts: other ones are about the server, or the key, or the model. */
const REFUSALS = new Set([400, 413, 422, 500]);
/** Of one request: a server without a GPU has to be done in time. */
const REQUEST_LIMITS: TextBatchLimits = { textsMax: 32, unitsMax: 8_192 };
/** More than so many vectors take that are embedded together. */
const ANSWER_BYTES_MAX = 8 << 20;

/**
 * Embeds texts by the `/embeddings` of an OpenAI-compatible server. Vectors are normalised, and
 * followed by zeros where they are shorter than a frame's.
 */
export class RemoteEmbedder implements Embedder {
  readonly name: string;
  readonly #client: OpenAI;
  readonly #model: string;
  readonly #timeoutMs: number;
  readonly #server: ProbedServer;
  readonly #batches = new BatchBisection((texts, mayRetry) => this.#ask(texts, mayRetry));
  /** Whether the server answered the last time. */
  #hasAnswered = false;

  constructor(
    { baseUrl, model, apiKey, timeoutMs }: RemoteEmbedderSettings,
    breaker?: CircuitBreaker,
  ) {
    this.name = model;
    this.#server = new ProbedServer({
      name: "the embedding server",
      hint: "see that the server runs and has an embedding model, or choose --embedder hashing",
      timeoutMs,
      probe: () => this.#ask([PROBE], false),
      ...(breaker === undefined ? {} : { breaker }),
    });
    this.#model = model;
    this.#timeoutMs = timeoutMs;
    this.#client = serverClient({
      baseUrl,
      apiKey,
      timeoutMs,
      retries: RETRIES,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
  }

  async embed(
    texts: readonly string[],
    floats: Float32Array,
    offsets: readonly number[],
  ): Promise<Embedded> {
    const codes = new Uint8Array(texts.length);
    const notes = new Map<number, EmbedNote>();
    const wanted = texts.flatMap((text, index) => text.trim() === "" ? [] : [index]);
    const found = wanted.length === 0
      ? []
      : await this.#server.run(() => this.#vectorsOf(wanted.map((index) => texts[index]!)));
    for (const offset of offsets) floats.fill(0, offset, offset + EMBEDDING_DIMENSIONS);
    for (const [i, index] of wanted.entries()) {
      if (found[i] === null) continue;
      const { vector, units } = found[i]!;
      writeNormalised(vector, floats, offsets[index]!);
      codes[index] = EMBEDDER.remote;
      if (units < texts[index]!.length) notes.set(index, { truncatedUnits: units });
    }
    return { codes, ...(notes.size === 0 ? {} : { notes }) };
  }

  async #vectorsOf(texts: readonly string[]): Promise<(TextVector | null)[]> {
    const found: (TextVector | null)[] = [];
    for (const some of textBatches(texts, REQUEST_LIMITS)) {
      found.push(...await this.#batches.embed(some));
    }
    return found;
  }

  async #ask(texts: readonly string[], mayRetry: boolean): Promise<readonly number[][]> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const { data } = await this.#client.embeddings.create({
        model: this.#model,
        input: [...texts],
        encoding_format: "float",
      }, { signal, maxRetries: mayRetry && this.#hasAnswered ? RETRIES : 0 });
      const vectors = texts.map((_, i) => data.find(({ index }) => index === i)?.embedding);
      if (!vectors.every(isVector)) throw new Error("it did not give a vector for every text");
      this.#hasAnswered = true;
      return vectors;
    } catch (cause) {
      this.#hasAnswered = false;
      const isRefusal = cause instanceof APIError && REFUSALS.has(cause.status);
      const Failure = isRefusal ? TextsRefusedError : ModelUnavailableError;
      throw this.#server.error(cause, signal, Failure);
    }
  }
}

function isVector(vector: number[] | undefined): vector is number[] {
  if (!Array.isArray(vector) || vector.length === 0) return false;
  if (vector.length > EMBEDDING_DIMENSIONS) {
    throw new Error(
      `its vectors have ${vector.length} dimensions, and a frame has room for ` +
        `${EMBEDDING_DIMENSIONS}`,
    );
  }
  return vector.every(Number.isFinite) && vector.some((value) => value !== 0);
}
