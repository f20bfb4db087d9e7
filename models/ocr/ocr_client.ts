import type { UsedDevice } from "../onnx/device.ts";
import { ModelClient, type ModelClientOptions } from "../worker/model_client.ts";
import type { ReaderSettings } from "./document_reader.ts";
import type { Page } from "./page.ts";

/** What the OCR worker says of itself. */
export interface AboutOcr {
  /** What it runs on; null = another machine. */
  readonly device: UsedDevice | null;
}

/** A document of many pages takes long. */
const TIMEOUT_MS = 300_000;

/** Reads documents, in a worker thread. */
export class OcrClient {
  /** What the worker said of itself when it was started. */
  readonly about: AboutOcr;
  readonly #client: ModelClient<ReaderSettings, AboutOcr, Uint8Array<ArrayBuffer>, Page[]>;

  private constructor(
    client: ModelClient<ReaderSettings, AboutOcr, Uint8Array<ArrayBuffer>, Page[]>,
    about: AboutOcr,
  ) {
    this.#client = client;
    this.about = about;
  }

  /**
   * Starts the worker and waits until its models are loaded.
   *
   * @throws what {@linkcode ModelClient.start} throws
   */
  static async start(
    settings: ReaderSettings,
    options: Partial<ModelClientOptions<ReaderSettings>> = {},
  ): Promise<OcrClient> {
    const { client, about } = await ModelClient.start<
      ReaderSettings,
      AboutOcr,
      Uint8Array<ArrayBuffer>,
      Page[]
    >({
      name: "the OCR model",
      workerUrl: new URL("./ocr_worker.ts", import.meta.url),
      settings,
      timeoutMs: TIMEOUT_MS,
      ...options,
    });
    return new OcrClient(client, about);
  }

  /**
   * Reads a PNG, JPEG, WebP, TIFF or PDF.
   *
   * @param document goes over to the worker where it has its memory for itself: it is empty then
   * @returns its pages
   * @throws {ModelFailedError} if it is none of these, damaged or too large
   * @throws what {@linkcode ModelClient.ask} throws
   */
  read(document: Uint8Array<ArrayBuffer>): Promise<Page[]> {
    const { buffer, byteLength } = document;
    return this.#client.ask(document, byteLength === buffer.byteLength ? [buffer] : []);
  }

  /** See {@linkcode ModelClient.close}. */
  close(): Promise<void> {
    return this.#client.close();
  }
}
