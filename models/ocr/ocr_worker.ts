import { serveModel } from "../worker/serve_model.ts";
import type { AboutOcr } from "./ocr_client.ts";
import { DocumentReader, type ReaderSettings } from "./document_reader.ts";
import type { Page } from "./page.ts";

serveModel<ReaderSettings, AboutOcr, Uint8Array<ArrayBuffer>, Page[]>(async (settings) => {
  const reader = await DocumentReader.open(settings);
  return { about: { device: reader.device }, answer: (bytes) => reader.read(bytes) };
});
