import type { EmbedderCode } from "../collider/layout.ts";
import type { EmbedNote } from "./embedder.ts";
import type { Device } from "./onnx/device.ts";

/** {@linkcode OnnxEmbedderSettings.batchTokens} unless the operator says otherwise. */
export const DEFAULT_BATCH_TOKENS = 16_384;

/** An ONNX model that embeds texts, as it lies on the disk. */
export interface OnnxEmbedderSettings {
  /** The model; its `1_Pooling/config.json` and the like are looked for beside it. */
  readonly modelPath: string;
  /** Its `tokenizer.json`. */
  readonly tokenizerPath: string;
  readonly device: Device;
  /** Threads of one inference. */
  readonly threads: number;
  /** Tokens of a batch at most, padding counted. */
  readonly batchTokens: number;
}

/** The `/embeddings` of an OpenAI-compatible server. */
export interface RemoteEmbedderSettings {
  /** As in `http://127.0.0.1:1234/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** For one request, ms. */
  readonly timeoutMs: number;
}

/** An embedder that a worker makes for itself, with what it needs to make it. */
export type EmbedderChoice =
  | { readonly kind: "hashing" }
  | { readonly kind: "onnx" } & OnnxEmbedderSettings
  | { readonly kind: "remote" } & RemoteEmbedderSettings;

/** A ring that this process has mapped; a `RingMapping` is one. */
export interface MappedRing {
  readonly address: bigint;
  readonly sizeBytes: number;
  /** Frames in the ring. */
  readonly capacity: number;
}

/** What an embed worker is made of. */
export interface EmbedSettings {
  readonly ring: MappedRing;
  /** The first that works is used, batch by batch. */
  readonly choices: readonly EmbedderChoice[];
}

/** What an embed worker says of itself. */
export interface AboutEmbedder {
  /** Names of the embedders, the first of which is used as long as it works. */
  readonly names: readonly string[];
  /** What the first one runs on, where it is an ONNX model. */
  readonly device: string | null;
  /** Why others could not be made, in words. */
  readonly problems: readonly string[];
}

/**
 * Texts for the slots of consecutive frames.
 *
 * They travel as an array of strings: cloning 256 of 60 characters costs the main thread 12 µs;
 * joined, with their lengths, they cost 40; encoded and transferred, 60.
 */
export interface EmbedBatch {
  readonly firstFrameId: number;
  readonly texts: readonly string[];
}

/** Texts whose vectors are wanted, and not their frames. */
export interface VectorsRequest {
  readonly texts: readonly string[];
}

/** What an embed worker is asked. */
export type EmbedRequest = EmbedBatch | VectorsRequest;

/** What it answers. */
export type EmbedAnswer = EmbedResult | VectorsResult;

/** The answer to a {@link VectorsRequest}. */
export interface VectorsResult {
  /** What made all of them; `none` if there was nothing to embed in any text. */
  readonly embedder: EmbedderCode;
  /** 1,024 a text; zeros where there was nothing to embed. */
  readonly floats: Float32Array<ArrayBuffer>;
}

/** What was written for a batch, by the index of the text. */
export interface EmbedResult {
  /** The frames' `embedder` field; 0 where there was nothing to embed. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** The frames' gravity boosts, messages per minute. */
  readonly boosts: Float32Array<ArrayBuffer>;
  readonly notes?: ReadonlyMap<number, EmbedNote> | undefined;
  /** Embeddings that the model wrote into their slots itself. */
  readonly zeroCopyVectors: number;
  readonly problem?: string | undefined;
  /** Time it took without waiting for its turn, ms. */
  readonly durationMs: number;
}
