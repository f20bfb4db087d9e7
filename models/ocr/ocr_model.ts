import type { Device, UsedDevice } from "../onnx/device.ts";
import { cropLine } from "./crop.ts";
import { plainMarkdown } from "./markdown.ts";
import type { Page, Raster, TextLine } from "./page.ts";
import { inReadingOrder } from "./reading_order.ts";
import { LayoutModel } from "./layout/layout_model.ts";
import { StructureModel } from "./structure.ts";
import { TableModel } from "./tables/table_model.ts";
import { TextDetector } from "./text_detector.ts";
import { LINE_HEIGHT, TextRecogniser } from "./text_recogniser.ts";

/** The models that read documents, as they lie on the disk. */
export interface OcrSettings {
  readonly kind: "models";
  /** Finds the parts of a page; without it, lines are taken as they stand. */
  readonly layoutPath?: string;
  /** Finds the cells of tables; without it, they are read as text. */
  readonly tablePath?: string;
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
  readonly #structure: StructureModel | null;

  private constructor(
    detector: TextDetector,
    recogniser: TextRecogniser,
    structure: StructureModel | null,
  ) {
    this.#detector = detector;
    this.#recogniser = recogniser;
    this.#structure = structure;
    this.device = detector.device;
  }

  /**
   * @throws {ModelFileError} if a file is missing or damaged
   * @throws {DeviceUnavailableError} if the device can't run them
   */
  static async open(settings: OcrSettings): Promise<OcrModel> {
    const { detectionPath, recognitionPath, dictionaryPath, layoutPath, tablePath } = settings;
    const detector = await TextDetector.open(detectionPath, settings);
    const recogniser = await TextRecogniser.open(recognitionPath, dictionaryPath, settings);
    if (layoutPath === undefined) return new OcrModel(detector, recogniser, null);
    const layout = await LayoutModel.open(layoutPath, settings);
    const tables = tablePath === undefined ? null : await TableModel.open(tablePath, settings);
    return new OcrModel(detector, recogniser, new StructureModel(layout, tables));
  }

  async readPage(raster: Raster): Promise<Page> {
    const quads = await this.#detector.detect(raster);
    const crops = quads.map((quad) => cropLine(raster, quad, LINE_HEIGHT));
    const readings = await this.#recogniser.recognise(crops);
    const lines = quads
      .map((quad, i): TextLine => ({ ...readings[i]!, quad }))
      .filter(({ text, score }) => score >= SCORE_MIN && text.trim() !== "");
    const { width, height } = raster;
    if (this.#structure !== null) {
      return { width, height, ...await this.#structure.arrange(raster, lines) };
    }
    const rows = inReadingOrder(lines);
    return { width, height, lines: rows.flat(), markdown: plainMarkdown(rows) };
  }
}
