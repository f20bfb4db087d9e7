import { serveModel } from "../worker/serve_model.ts";
import type { AboutOcr } from "./ocr_client.ts";
import { OcrModel, type OcrSettings } from "./ocr_model.ts";
import type { Page } from "./page.ts";

serveModel<OcrSettings, AboutOcr, Uint8Array<ArrayBuffer>, Page[]>(async (settings) => {
  const model = await OcrModel.open(settings);
  return { about: { device: model.device }, answer: (bytes) => model.read(bytes) };
});
