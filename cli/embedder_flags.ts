import { Option } from "@commander-js/extra-typings";
import { modelFiles } from "../models/catalogue/model_files.ts";
import type { ModelStore } from "../models/catalogue/model_store.ts";
import { ModelMissingError } from "../models/catalogue/errors.ts";
import type { EmbedderChoice } from "../models/embed_messages.ts";
import type { Device } from "../models/onnx/device.ts";

/** What `--embedder` may be. */
export const EMBEDDERS = ["auto", "onnx", "remote", "hashing"] as const;

/** The flags that choose an embedder. */
export interface EmbedderFlags {
  readonly embedder: typeof EMBEDDERS[number];
  readonly embeddingModel?: string | undefined;
  readonly tokenizerModel?: string | undefined;
  readonly embedBatchTokens: number;
  readonly embedTimeout: number;
  readonly remoteEmbeddingModel: string;
  readonly device: Device;
  readonly inferenceThreads: number;
  readonly llmBaseUrl?: string | undefined;
  readonly llmApiKey?: string | undefined;
}

/** `--embedder`. */
export function embedderOption() {
  return new Option("--embedder <kind>", "what embeds: auto = the first that works of the others")
    .choices(EMBEDDERS).default("auto" as const);
}

/**
 * The embedders to try, in their order. `auto` takes an ONNX model if one is configured or
 * installed, a server if one is configured, and hashing, which always works.
 *
 * @throws {ModelMissingError} if `onnx` is asked for and there is no model, or a configured file is
 *   not there
 */
export async function embedderChoices(
  flags: EmbedderFlags,
  store: ModelStore,
): Promise<EmbedderChoice[]> {
  const { embedder, llmBaseUrl } = flags;
  const choices: EmbedderChoice[] = [];
  if (embedder === "onnx" || embedder === "auto") {
    const onnx = await onnxChoice(flags, store);
    if (onnx !== null) choices.push(onnx);
    else if (embedder === "onnx") {
      throw new ModelMissingError("there is no embedding model", {
        hint: "run `collider models pull bge-m3`, or give --embedding-model and --tokenizer-model",
      });
    }
  }
  if (embedder === "remote" || embedder === "auto" && llmBaseUrl !== undefined) {
    choices.push(remoteChoice(flags));
  }
  if (embedder === "hashing" || embedder === "auto") choices.push({ kind: "hashing" });
  return choices;
}

async function onnxChoice(
  { embeddingModel, tokenizerModel, device, inferenceThreads, embedBatchTokens }: EmbedderFlags,
  store: ModelStore,
): Promise<EmbedderChoice | null> {
  const configured = { "embedding-model": embeddingModel, "tokenizer-model": tokenizerModel };
  const files = await modelFiles(store, configured, ["embedding-model", "tokenizer-model"]);
  if (files === null) return null;
  return {
    kind: "onnx",
    modelPath: files["embedding-model"],
    tokenizerPath: files["tokenizer-model"],
    device,
    threads: inferenceThreads,
    batchTokens: embedBatchTokens,
  };
}

function remoteChoice(
  { llmBaseUrl, llmApiKey, remoteEmbeddingModel, embedTimeout }: EmbedderFlags,
): EmbedderChoice {
  return {
    kind: "remote",
    baseUrl: llmBaseUrl ?? DEFAULT_LLM_BASE_URL,
    model: remoteEmbeddingModel,
    timeoutMs: embedTimeout * 1000,
    ...(llmApiKey === undefined ? {} : { apiKey: llmApiKey }),
  };
}

/** Where an OpenAI-compatible server is expected if one is asked for. */
export const DEFAULT_LLM_BASE_URL = "http://127.0.0.1:1234/v1";
