import { type InferenceSession, Tensor } from "onnxruntime-node";
import { ModelFileError } from "../../onnx/errors.ts";
import { writePlanes } from "../image_tensor.ts";
import type { Raster } from "../page.ts";
import { resize } from "../resize.ts";
import { type DetectorConfig, PICODET_CONFIG, readDetectorConfig } from "./detector_config.ts";
import type { LayoutLabel, LayoutNetwork, LayoutRegion } from "./layout_region.ts";

/** Values of a box: class, score, left, top, right, bottom. */
const BOX_VALUES = 6;
const HINT = "give a layout model as PaddleX exports it, with the config.json that belongs to it";

/** Of classes that are not here, the text is read. */
const LABELS: ReadonlyMap<string, LayoutLabel> = new Map(Object.entries({
  doc_title: "document_title",
  paragraph_title: "title",
  title: "title",
  content: "lines",
  algorithm: "lines",
  list: "list",
  table: "table",
  image: "figure",
  figure: "figure",
  chart: "figure",
  seal: "figure",
  figure_title: "caption",
  table_title: "caption",
  chart_title: "caption",
  figure_caption: "caption",
  table_caption: "caption",
  header: "margin",
  footer: "margin",
  number: "margin",
  header_image: "margin",
  footer_image: "margin",
}));

/**
 * A detector as PaddleX exports it: PicoDet, or one with `im_shape`. Takes `image` float
 * [1, 3, height, width], `scale_factor` float [1, 2] (height, then width) and some `im_shape` float
 * [1, 2]; gives boxes float [N, 6] in pixels of the page, and how many of them count, int32 [1].
 *
 * @see https://github.com/PaddlePaddle/PaddleX, `paddlex/inference/models/object_detection`
 */
export class PaddleDetector implements LayoutNetwork {
  readonly #session: InferenceSession;
  readonly #config: DetectorConfig;

  private constructor(session: InferenceSession, config: DetectorConfig) {
    this.#session = session;
    this.#config = config;
  }

  /**
   * @param modelPath where the session's model lies, perhaps with its `config.json` beside it
   * @throws {ModelFileError} if the configuration is missing and needed, or of another model
   */
  static async open(session: InferenceSession, modelPath: string): Promise<PaddleDetector> {
    const config = await readDetectorConfig(modelPath);
    if (config === null && session.inputNames.includes("im_shape")) {
      throw new ModelFileError(`${modelPath} has no config.json beside it`, { hint: HINT });
    }
    const { width, height } = config ?? PICODET_CONFIG;
    const image = session.inputMetadata.find(({ name }) => name === "image");
    const [, , fixedHeight, fixedWidth] = image?.isTensor ? image.shape : [];
    return new PaddleDetector(session, {
      ...config ?? PICODET_CONFIG,
      width: typeof fixedWidth === "number" && fixedWidth > 0 ? fixedWidth : width,
      height: typeof fixedHeight === "number" && fixedHeight > 0 ? fixedHeight : height,
    });
  }

  /** @throws {ModelFileError} if the model gives something else, or classes without a name */
  async find(page: Raster): Promise<LayoutRegion[]> {
    const { width, height, normalisation } = this.#config;
    const values = new Float32Array(3 * width * height);
    writePlanes(await resize(page, width, height), values, width, height, normalisation);
    const pair = (y: number, x: number) => new Tensor("float32", Float32Array.of(y, x), [1, 2]);
    const feeds: Record<string, Tensor> = {
      image: new Tensor("float32", values, [1, 3, height, width]),
      scale_factor: pair(height / page.height, width / page.width),
    };
    if (this.#session.inputNames.includes("im_shape")) feeds["im_shape"] = pair(height, width);
    const outputs = Object.values(await this.#session.run(feeds));
    const boxes = outputs.find(({ dims, type }) =>
      dims.at(-1) === BOX_VALUES && type === "float32"
    );
    if (boxes === undefined) {
      throw new ModelFileError("the layout model gives no boxes", { hint: HINT });
    }
    const count = outputs.find(({ type }) => type === "int32" || type === "int64")?.data[0];
    const rows = boxes.data as Float32Array;
    return this.#regions(rows.subarray(0, BOX_VALUES * Number(count ?? Infinity)));
  }

  #regions(rows: Float32Array): LayoutRegion[] {
    const { classNames, scoreMin } = this.#config;
    const regions: LayoutRegion[] = [];
    for (let row = 0; row + BOX_VALUES <= rows.length; row += BOX_VALUES) {
      const [kind, score, left, top, right, bottom] = rows.subarray(
        row,
        row + BOX_VALUES,
      ) as unknown as [number, number, number, number, number, number];
      // A class below 0 fills up what a batch has too few boxes of.
      if (kind < 0 || score <= scoreMin) continue;
      const name = classNames[kind];
      if (name === undefined) {
        throw new ModelFileError(`the layout model's class ${kind} has no name`, { hint: HINT });
      }
      const label = LABELS.get(name.toLowerCase().replaceAll(" ", "_")) ?? "text";
      regions.push({ label, score, box: { left, top, right, bottom } });
    }
    return regions;
  }
}
