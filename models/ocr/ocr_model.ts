import type { Device, UsedDevice } from "../onnx/device.ts";
import { cropLine } from "./crop.ts";
import { plainMarkdown } from "./markdown.ts";
import type { Page, Raster, TextLine } from "./page.ts";
import { readPages } from "./raster.ts";
import { inReadingOrder } from "./reading_order.ts";
import { TextDetector } from "./text_detector.ts";
import { LINE_HEIGHT, TextRecogniser } from "./text_recogniser.ts";

/** The models that read documents, as they lie on the disk. */
export interface OcrSettings {
  readonly detectionPath: string;
  readonly recognitionPath: string;
  readonly dictionaryPath: string;
  readonly device: Device;
  /** Threads of one inference. */
  readonly threads: number;
}

/** Readings that are less sure than this are pictures, not text. */
const SCORE_MIN = 0.5;

/** Reads documents: finds the lines of each page, then what they say. */
export class OcrModel {
  readonly device: UsedDevice;
  readonly #detector: TextDetector;
  readonly #recogniser: TextRecogniser;

  private constructor(detector: TextDetector, recogniser: TextRecogniser) {
    this.#detector = detector;
    this.#recogniser = recogniser;
    this.device = detector.device;
  }

  /**
   * @throws {ModelFileError} if a file is missing or damaged
   * @throws {DeviceUnavailableError} if the device can't run them
   */
  static async open(settings: OcrSettings): Promise<OcrModel> {
    const { detectionPath, recognitionPath, dictionaryPath } = settings;
    const detector = await TextDetector.open(detectionPath, settings);
    return new OcrModel(
      detector,
      await TextRecogniser.open(recognitionPath, dictionaryPath, settings),
    );
  }

  /**
   * Reads a PNG, JPEG, WebP, TIFF or PDF.
   *
   * @throws {UnreadableDocumentError | DocumentTooLargeError}
   */
  async read(bytes: Uint8Array<ArrayBuffer>): Promise<Page[]> {
    const pages: Page[] = [];
    for await (const raster of readPages(bytes)) pages.push(await this.readPage(raster));
    return pages;
  }

  async readPage(raster: Raster): Promise<Page> {
    const quads = await this.#detector.detect(raster);
    const crops = quads.map((quad) => cropLine(raster, quad, LINE_HEIGHT));
    const readings = await this.#recogniser.recognise(crops);
    const lines = quads
      .map((quad, i): TextLine => ({ ...readings[i]!, quad }))
      .filter(({ text, score }) => score >= SCORE_MIN && text.trim() !== "");
    const rows = inReadingOrder(lines);
    const { width, height } = raster;
    return { width, height, lines: rows.flat(), markdown: plainMarkdown(rows) };
  }
}
