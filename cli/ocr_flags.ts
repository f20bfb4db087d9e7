import { modelFiles } from "../models/catalogue/model_files.ts";
import type { ModelStore } from "../models/catalogue/model_store.ts";
import type { OcrSettings } from "../models/ocr/ocr_model.ts";
import type { Device } from "../models/onnx/device.ts";

/** The flags that choose what reads documents. */
export interface OcrFlags {
  readonly ocrDetModel?: string | undefined;
  readonly ocrRecModel?: string | undefined;
  readonly ocrDictionary?: string | undefined;
  readonly device: Device;
  readonly inferenceThreads: number;
}

/**
 * The OCR models that are configured or installed.
 *
 * @returns undefined if there are none
 * @throws {ModelMissingError} if a configured file is not there
 */
export async function ocrSettings(
  { ocrDetModel, ocrRecModel, ocrDictionary, device, inferenceThreads }: OcrFlags,
  store: ModelStore,
): Promise<OcrSettings | undefined> {
  const files = await modelFiles(store, {
    "ocr-det-model": ocrDetModel,
    "ocr-rec-model": ocrRecModel,
    "ocr-dictionary": ocrDictionary,
  }, ["ocr-det-model", "ocr-rec-model", "ocr-dictionary"]);
  if (files === null) return undefined;
  return {
    detectionPath: files["ocr-det-model"],
    recognitionPath: files["ocr-rec-model"],
    dictionaryPath: files["ocr-dictionary"],
    device,
    threads: inferenceThreads,
  };
}
