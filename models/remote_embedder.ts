import OpenAI from "openai";
import { EMBEDDER, EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import type { RemoteEmbedderSettings } from "./embed_messages.ts";
import type { Embedded, Embedder } from "./embedder.ts";
import { ModelFailedError, ModelUnavailableError } from "./errors.ts";
import { writeNormalised } from "./write_normalised.ts";

const RETRIES = 2;
const HINT = "see that the server runs and has an embedding model, or choose --embedder hashing";

/**
 * Embeds texts by the `/embeddings` of an OpenAI-compatible server. Vectors are normalised, and
 * followed by zeros where they are shorter than a frame's.
 */
export class RemoteEmbedder implements Embedder {
  readonly name: string;
  readonly #client: OpenAI;
  readonly #model: string;
  readonly #breaker = new CircuitBreaker();

  constructor({ baseUrl, model, apiKey, timeoutMs }: RemoteEmbedderSettings) {
    this.name = model;
    this.#model = model;
    this.#client = new OpenAI({
      baseURL: baseUrl,
      // The client insists on one, and takes what is missing from the environment.
      apiKey: apiKey ?? "none",
      organization: null,
      project: null,
      maxRetries: RETRIES,
      timeout: timeoutMs,
      fetchOptions: { redirect: "error" },
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
    try {
      const { data } = await this.#client.embeddings.create({
        model: this.#model,
        input: texts,
        encoding_format: "float",
      });
      const vectors = texts.map((_, i) => data.find(({ index }) => index === i)?.embedding);
      if (!vectors.every(isVector)) throw new Error("it did not give a vector for every text");
      this.#breaker.succeed();
      return vectors;
    } catch (cause) {
      this.#breaker.fail(performance.now());
      throw new ModelFailedError(
        `the embedding server failed: ${(cause as Error).message.slice(0, 200)}`,
        { hint: HINT, cause },
      );
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
