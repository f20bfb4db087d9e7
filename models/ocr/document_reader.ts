import type { UsedDevice } from "../onnx/device.ts";
import { OcrModel, type OcrSettings } from "./ocr_model.ts";
import type { Page, Raster } from "./page.ts";
import { readPages } from "./raster.ts";
import { VisionReader, type VisionSettings } from "./vision_reader.ts";

/** What reads documents: models of this machine, or a vision model elsewhere. */
export type ReaderSettings = OcrSettings | { readonly kind: "vision" } & VisionSettings;

/** Reads documents page by page. */
export class DocumentReader {
  /** What it runs on; null = another machine. */
  readonly device: UsedDevice | null;
  readonly #readPage: (page: Raster) => Promise<Page>;

  private constructor(
    readPage: (page: Raster) => Promise<Page>,
    device: UsedDevice | null,
  ) {
    this.#readPage = readPage;
    this.device = device;
  }

  /** @throws what {@linkcode OcrModel.open} throws */
  static async open(settings: ReaderSettings): Promise<DocumentReader> {
    if (settings.kind === "vision") {
      const vision = new VisionReader(settings);
      return new DocumentReader((page) => vision.readPage(page), null);
    }
    const model = await OcrModel.open(settings);
    return new DocumentReader((page) => model.readPage(page), model.device);
  }

  /**
   * Reads a PNG, JPEG, WebP, TIFF or PDF.
   *
   * @throws {UnreadableDocumentError | DocumentTooLargeError}
   * @throws what {@linkcode VisionReader.readPage} throws
   */
  async read(bytes: Uint8Array<ArrayBuffer>): Promise<Page[]> {
    const pages: Page[] = [];
    for await (const raster of readPages(bytes)) pages.push(await this.#readPage(raster));
    return pages;
  }
}
