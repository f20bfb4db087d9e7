import { basename } from "node:path";
import { Tensor } from "onnxruntime-node";
import { EMBEDDER, EMBEDDING_DIMENSIONS } from "../../collider/layout.ts";
import type { OnnxEmbedderSettings } from "../embed_messages.ts";
import type { Embedded, Embedder, EmbedNote } from "../embedder.ts";
import { ModelFailedError } from "../errors.ts";
import { writeNormalised } from "../write_normalised.ts";
import type { UsedDevice } from "./device.ts";
import { ModelFileError } from "./errors.ts";
import { readEmbeddingConfig } from "./model_folder.ts";
import { openPooledModel, type PooledModel } from "./pooled_model.ts";
import { sparseWeights } from "./sparse_weights.ts";
import { TextTokenizer, type TokenizedText } from "./text_tokenizer.ts";
import { type TokenBatch, tokenBatches, tokenInputs } from "./token_batch.ts";

/** Names under which BGE-M3's exports give lexical weights, float [batch, tokens, 1]. */
const SPARSE_OUTPUTS = ["sparse_vecs", "sparse_weights", "sparse"];
/**
 * Tokens of a batch on a processor, whose caches hold no more of what lies between two layers: with
 * 16,384 a model of sentence-transformers embeds half as many texts a second.
 */
const CPU_BATCH_TOKENS = 1_024;

/**
 * Embeds texts by an ONNX model of the BERT family: BGE-M3, or any of sentence-transformers. Vectors
 * of fewer dimensions than a frame has are followed by zeros.
 *
 * A text alone is embedded into its place by ONNX Runtime itself, whose output tensor lies on that
 * memory. Several run together, and their vectors are copied.
 */
export class OnnxEmbedder implements Embedder {
  readonly name: string;
  readonly device: UsedDevice;
  readonly #model: PooledModel;
  readonly #tokenizer: TextTokenizer;
  readonly #batchTokens: number;
  readonly #sparseOutput: string | undefined;

  private constructor(
    settings: OnnxEmbedderSettings,
    model: PooledModel,
    tokenizer: TextTokenizer,
  ) {
    this.name = basename(settings.modelPath);
    this.device = model.device;
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#batchTokens = model.device === "cpu"
      ? Math.min(settings.batchTokens, CPU_BATCH_TOKENS)
      : settings.batchTokens;
    this.#sparseOutput = SPARSE_OUTPUTS.find((name) => model.session.outputNames.includes(name));
  }

  /**
   * @throws {ModelFileError} if the model or what belongs to it is missing or can't be used
   * @throws {DeviceUnavailableError} if the device can't run it
   */
  static async open(settings: OnnxEmbedderSettings): Promise<OnnxEmbedder> {
    const { modelPath, tokenizerPath, device, threads } = settings;
    const { pooling, maxTokens } = await readEmbeddingConfig(modelPath, tokenizerPath);
    const tokenizer = await TextTokenizer.open(tokenizerPath, maxTokens);
    const model = await openPooledModel(modelPath, pooling, { device, threads });
    if (model.dimensions > EMBEDDING_DIMENSIONS) {
      throw new ModelFileError(
        `the vectors of ${modelPath} have ${model.dimensions} dimensions, and a frame has room ` +
          `for ${EMBEDDING_DIMENSIONS}`,
        { hint: "choose a model with fewer dimensions" },
      );
    }
    const embedder = new OnnxEmbedder(settings, model, tokenizer);
    await embedder.#assertFits(settings);
    return embedder;
  }

  /**
   * Embeds the tokenizer's last token, which the model does not have if it belongs to a smaller
   * tokenizer. Else that would come to light with the first text that has such a token.
   */
  async #assertFits({ modelPath, tokenizerPath }: OnnxEmbedderSettings): Promise<void> {
    const text = { ids: [this.#tokenizer.lastId], typeIds: [0], isTruncated: false };
    const target = new Float32Array(this.#model.dimensions);
    try {
      await this.#run([text], { indices: [0], length: 1 }, target);
    } catch (cause) {
      throw new ModelFileError(
        `the model ${modelPath} can't embed the tokens of ${tokenizerPath}: ` +
          (cause as Error).message,
        { hint: "give the model's own tokenizer.json with --tokenizer-model", cause },
      );
    }
  }

  async embed(
    texts: readonly string[],
    floats: Float32Array,
    offsets: readonly number[],
  ): Promise<Embedded> {
    const codes = new Uint8Array(texts.length);
    const notes = new Map<number, EmbedNote>();
    const wanted = texts.flatMap((text, index) => text.trim() === "" ? [] : [index]);
    const tokenized = await this.#tokenizer.tokenize(wanted.map((index) => texts[index]!));
    const places = wanted.map((index) => offsets[index]!);
    let zeroCopyVectors = 0;
    for (const offset of offsets) floats.fill(0, offset, offset + EMBEDDING_DIMENSIONS);
    for (const batch of tokenBatches(tokenized, this.#batchTokens)) {
      const isSingle = batch.indices.length === 1;
      const sparse = isSingle
        ? await this.#embedOne(tokenized, batch, floats, places)
        : await this.#embedMany(tokenized, batch, floats, places);
      zeroCopyVectors += Number(isSingle);
      for (const [row, i] of batch.indices.entries()) {
        const index = wanted[i]!;
        codes[index] = EMBEDDER.onnx;
        const note = this.#noteOf(tokenized[i]!, sparse, row, batch.length);
        if (note !== null) notes.set(index, note);
      }
    }
    return { codes, zeroCopyVectors, ...(notes.size === 0 ? {} : { notes }) };
  }

  /** The output tensor lies where the vector belongs. */
  #embedOne(
    texts: readonly TokenizedText[],
    batch: TokenBatch,
    floats: Float32Array,
    places: readonly number[],
  ): Promise<Float32Array | null> {
    const offset = places[batch.indices[0]!]!;
    return this.#run(texts, batch, floats.subarray(offset, offset + this.#model.dimensions));
  }

  async #embedMany(
    texts: readonly TokenizedText[],
    batch: TokenBatch,
    floats: Float32Array,
    places: readonly number[],
  ): Promise<Float32Array | null> {
    const { dimensions } = this.#model;
    const scratch = new Float32Array(batch.indices.length * dimensions);
    const sparse = await this.#run(texts, batch, scratch);
    for (const [row, i] of batch.indices.entries()) {
      floats.set(scratch.subarray(row * dimensions, (row + 1) * dimensions), places[i]!);
    }
    return sparse;
  }

  /**
   * Has the model write its vectors into `target`, with the L2 norm 1.
   *
   * @returns the lexical weights, if the model gives them
   */
  async #run(
    texts: readonly TokenizedText[],
    batch: TokenBatch,
    target: Float32Array,
  ): Promise<Float32Array | null> {
    const { session, output, dimensions, isNormalised } = this.#model;
    const inputs = tokenInputs(texts, batch, this.#tokenizer.padId, session.inputNames);
    target[0] = NaN;
    const outputs = await session.run(inputs, {
      [output]: new Tensor("float32", target, [batch.indices.length, dimensions]),
      ...(this.#sparseOutput === undefined ? {} : { [this.#sparseOutput]: null }),
    });
    // What `outputs` has of it is a copy: the vectors are where they belong, or nowhere.
    for (let at = 0; at < target.length; at += dimensions) {
      if (!isNormalised) writeNormalised(target.subarray(at, at + dimensions), target, at);
      // One number that is none makes all of a vector so when it is normalised.
      if (!Number.isFinite(target[at])) {
        throw new ModelFailedError("the model gave no numbers", { hint: "choose another model" });
      }
    }
    if (this.#sparseOutput === undefined) return null;
    return outputs[this.#sparseOutput]!.data as Float32Array;
  }

  #noteOf(
    { ids, isTruncated }: TokenizedText,
    sparse: Float32Array | null,
    row: number,
    length: number,
  ): EmbedNote | null {
    if (!isTruncated && sparse === null) return null;
    const weights = sparse?.subarray(row * length, (row + 1) * length);
    return {
      ...(isTruncated ? { truncatedTokens: ids.length } : {}),
      ...(weights === undefined
        ? {}
        : { sparse: sparseWeights(ids, weights, this.#tokenizer.specialIds) }),
    };
  }
}
