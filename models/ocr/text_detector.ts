import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { Device, UsedDevice } from "../onnx/device.ts";
import { openSession } from "../onnx/session.ts";
import { IMAGENET_BGR, writePlanes } from "./image_tensor.ts";
import { cornersOf, minAreaRect, type RotatedRect } from "./min_area_rect.ts";
import type { Point, Quad, Raster } from "./page.ts";
import { findRegions } from "./regions.ts";
import { resize } from "./resize.ts";

/** Longest side of the picture that the network sees, pixels. */
const SIDE_MAX = 1_280;
/** The network halves a picture five times. */
const SIDE_MULTIPLE = 32;
const PIXEL_THRESHOLD = 0.3;
const REGION_THRESHOLD = 0.6;
/** The network is taught to mark less than the whole line: what it marks is grown by this. */
const UNCLIP_RATIO = 1.8;
const SIDE_MIN = 3;
const REGIONS_MAX = 1_000;

/**
 * Finds lines of text in pictures: a network of the DB kind, as PP-OCR's detectors are.
 *
 * @see Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2020
 */
export class TextDetector {
  readonly device: UsedDevice;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, device: UsedDevice) {
    this.#session = session;
    this.device = device;
  }

  /** @throws what {@linkcode openSession} throws */
  static async open(
    modelPath: string,
    options: { device: Device; threads: number },
  ): Promise<TextDetector> {
    const { session, device } = await openSession(modelPath, options);
    return new TextDetector(session, device);
  }

  /** The places of lines, in no order; none is a guarantee that there is text. */
  async detect(page: Raster): Promise<Quad[]> {
    const scale = Math.min(1, SIDE_MAX / Math.max(page.width, page.height));
    const width = toMultiple(page.width * scale);
    const height = toMultiple(page.height * scale);
    const small = await resize(page, width, height);
    const values = new Float32Array(3 * width * height);
    writePlanes(small, values, width, height, IMAGENET_BGR);
    const input = new Tensor("float32", values, [1, 3, height, width]);
    const outputs = await this.#session.run({ [this.#session.inputNames[0]!]: input });
    const map = outputs[this.#session.outputNames[0]!]!.data as Float32Array;
    const regions = findRegions(map, width, height, PIXEL_THRESHOLD)
      .filter(({ score, pixels }) => score >= REGION_THRESHOLD && pixels > SIDE_MIN)
      .slice(0, REGIONS_MAX);
    const [scaleX, scaleY] = [page.width / width, page.height / height];
    return regions
      .map(({ outline }) => minAreaRect(outline))
      .filter((rect) => Math.min(rect.width, rect.height) >= SIDE_MIN - 1)
      .map((rect) =>
        quadOf(cornersOf(unclip(rect)).map(([x, y]): Point => [x * scaleX, y * scaleY]))
      );
  }
}

function toMultiple(side: number): number {
  return Math.max(SIDE_MULTIPLE, Math.round(side / SIDE_MULTIPLE) * SIDE_MULTIPLE);
}

/** Grows a rectangle on all sides by area · ratio / perimeter, the paper's offset. */
function unclip({ centre, axis, width, height }: RotatedRect): RotatedRect {
  // From the middles of pixels to their edges.
  const [w, h] = [width + 1, height + 1];
  const offset = w * h * UNCLIP_RATIO / (2 * (w + h));
  return { centre, axis, width: w + 2 * offset, height: h + 2 * offset };
}

/** Puts the corners of a rectangle into reading order: the top left one first, clockwise. */
function quadOf(corners: readonly Point[]): Quad {
  const byX = corners.toSorted((a, b) => a[0] - b[0]);
  const [topLeft, bottomLeft] = byX.slice(0, 2).sort((a, b) => a[1] - b[1]);
  const [topRight, bottomRight] = byX.slice(2).sort((a, b) => a[1] - b[1]);
  return [topLeft!, topRight!, bottomRight!, bottomLeft!];
}
