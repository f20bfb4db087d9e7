import type { OpenAI } from "openai";
import { EMBEDDER, EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import type { RemoteEmbedderSettings } from "./embed_messages.ts";
import type { Embedded, Embedder } from "./embedder.ts";
import { ModelFailedError, ModelUnavailableError } from "./errors.ts";
import { reasonOf } from "./openai/errors.ts";
import { serverClient } from "./openai/server_client.ts";
import { writeNormalised } from "./write_normalised.ts";

/** None after a failure: frames wait for them, and another embedder may be at hand. */
const RETRIES = 2;
/** More than so many vectors take that are embedded together. */
const ANSWER_BYTES_MAX = 64 << 20;
const HINT = "see that the server runs and has an embedding model, or choose --embedder hashing";

/**
 * Embeds texts by the `/embeddings` of an OpenAI-compatible server. Vectors are normalised, and
 * followed by zeros where they are shorter than a frame's.
 */
export class RemoteEmbedder implements Embedder {
  readonly name: string;
  readonly #client: OpenAI;
  readonly #model: string;
  readonly #timeoutMs: number;
  readonly #breaker = new CircuitBreaker();

  constructor({ baseUrl, model, apiKey, timeoutMs }: RemoteEmbedderSettings) {
    this.name = model;
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
    for (const offset of offsets) floats.fill(0, offset, offset + EMBEDDING_DIMENSIONS);
    const wanted = texts.flatMap((text, index) => text.trim() === "" ? [] : [index]);
    if (wanted.length === 0) return { codes };
    const vectors = await this.#request(wanted.map((index) => texts[index]!));
    for (const [i, index] of wanted.entries()) {
      writeNormalised(vectors[i]!, floats, offsets[index]!);
      codes[index] = EMBEDDER.remote;
    }
    return { codes };
  }

  async #request(texts: string[]): Promise<readonly number[][]> {
    if (!this.#breaker.allows(performance.now())) {
      throw new ModelUnavailableError("the embedding server is left out for a while", {
        hint: HINT,
      });
    }
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const { data } = await this.#client.embeddings.create({
        model: this.#model,
        input: texts,
        encoding_format: "float",
      }, { signal, maxRetries: this.#breaker.failures === 0 ? RETRIES : 0 });
      const vectors = texts.map((_, i) => data.find(({ index }) => index === i)?.embedding);
      if (!vectors.every(isVector)) throw new Error("it did not give a vector for every text");
      this.#breaker.succeed();
      return vectors;
    } catch (cause) {
      this.#breaker.fail(performance.now());
      const reason = signal.aborted
        ? `it did not answer within ${this.#timeoutMs} ms`
        : reasonOf(cause);
      throw new ModelFailedError(`the embedding server failed: ${reason}`, { hint: HINT, cause });
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
