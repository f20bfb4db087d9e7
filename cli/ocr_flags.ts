import { modelFiles } from "../models/catalogue/model_files.ts";
import { ModelMissingError } from "../models/catalogue/errors.ts";
import type { ModelStore } from "../models/catalogue/model_store.ts";
import type { ReaderSettings } from "../models/ocr/document_reader.ts";
import type { Device } from "../models/onnx/device.ts";
import { DEFAULT_LLM_BASE_URL } from "./embedder_flags.ts";

/** What `--ocr-pipeline` may be. */
export const OCR_PIPELINES = ["legacy", "oar-structure", "oar-vl"] as const;

/** The flags that choose what reads documents. */
export interface OcrFlags {
  readonly ocrPipeline?: typeof OCR_PIPELINES[number] | undefined;
  readonly ocrDetModel?: string | undefined;
  readonly ocrRecModel?: string | undefined;
  readonly ocrDictionary?: string | undefined;
  readonly ocrLayoutModel?: string | undefined;
  readonly ocrTableModel?: string | undefined;
  readonly visionModel?: string | undefined;
  readonly visionTimeout: number;
  readonly llmBaseUrl?: string | undefined;
  readonly llmApiKey?: string | undefined;
  readonly device: Device;
  readonly inferenceThreads: number;
}

/**
 * What reads documents: the models that are configured or installed, with the layout model if there
 * is one and `legacy` was not asked for; or a vision model, if that was asked for.
 *
 * @returns undefined if there is nothing
 * @throws {ModelMissingError} if what was asked for is not there
 */
export async function readerSettings(
  flags: OcrFlags,
  store: ModelStore,
): Promise<ReaderSettings | undefined> {
  const { ocrPipeline, device, inferenceThreads } = flags;
  if (ocrPipeline === "oar-vl") return visionSettings(flags);
  const files = await modelFiles(store, {
    "ocr-det-model": flags.ocrDetModel,
    "ocr-rec-model": flags.ocrRecModel,
    "ocr-dictionary": flags.ocrDictionary,
  }, ["ocr-det-model", "ocr-rec-model", "ocr-dictionary"]);
  if (files === null) {
    if (ocrPipeline === undefined) return undefined;
    throw new ModelMissingError("there are no OCR models", {
      hint: "run `collider models pull pp-ocrv5`, or leave --ocr-pipeline out",
    });
  }
  const layout = ocrPipeline === "legacy"
    ? null
    : await modelFiles(store, { "ocr-layout-model": flags.ocrLayoutModel }, ["ocr-layout-model"]);
  if (layout === null && ocrPipeline === "oar-structure") {
    throw new ModelMissingError("there is no layout model", {
      hint: "run `collider models pull picodet-layout`, or give --ocr-layout-model",
    });
  }
  const tables = layout === null
    ? null
    : await modelFiles(store, { "ocr-table-model": flags.ocrTableModel }, ["ocr-table-model"]);
  return {
    kind: "models",
    detectionPath: files["ocr-det-model"],
    recognitionPath: files["ocr-rec-model"],
    dictionaryPath: files["ocr-dictionary"],
    ...(layout === null ? {} : { layoutPath: layout["ocr-layout-model"] }),
    ...(tables === null ? {} : { tablePath: tables["ocr-table-model"] }),
    device,
    threads: inferenceThreads,
  };
}

function visionSettings(
  { visionModel, visionTimeout, llmBaseUrl, llmApiKey }: OcrFlags,
): ReaderSettings {
  if (visionModel === undefined) {
    throw new ModelMissingError("--ocr-pipeline oar-vl needs to know the vision model", {
      hint: "name the server's model with --vision-model",
    });
  }
  return {
    kind: "vision",
    baseUrl: llmBaseUrl ?? DEFAULT_LLM_BASE_URL,
    model: visionModel,
    timeoutMs: visionTimeout * 1000,
    ...(llmApiKey === undefined ? {} : { apiKey: llmApiKey }),
  };
}
