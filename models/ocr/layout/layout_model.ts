import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { Device } from "../../onnx/device.ts";
import { ModelFileError } from "../../onnx/errors.ts";
import { openSession } from "../../onnx/session.ts";
import { IMAGENET_BGR, writePlanes } from "../image_tensor.ts";
import type { Box, Raster } from "../page.ts";
import { resize } from "../resize.ts";
import { suppressOverlaps } from "./suppress_overlaps.ts";

/** What a part of a page is; the order is that of the network's classes (PubLayNet). */
export const LAYOUT_LABELS = ["text", "title", "list", "table", "figure"] as const;
export type LayoutLabel = typeof LAYOUT_LABELS[number];

/** A part of a page. */
export interface LayoutRegion {
  readonly label: LayoutLabel;
  /** 0 to 1. */
  readonly score: number;
  /** In pixels of the page. */
  readonly box: Box;
}

/** Size of the picture that the network takes, pixels. */
const WIDTH = 608;
const HEIGHT = 800;
/** Pixels between the places at which it looks, a head for each. */
const STRIDES = [8, 16, 32, 64];
/** It tells how likely each whole number of strides from a place to a side of the box is. */
const DISTANCES = 8;
const SCORE_MIN = 0.4;

/**
 * Finds the parts of pages: a PicoDet network with its heads as they are. For each stride, scores
 * [1, places, labels] come first, then distances [1, places, 4 · 8] for each.
 *
 * @see Yu et al., "PP-PicoDet: A Better Real-Time Object Detector on Mobile Devices", 2021
 * @see Li et al., "Generalized Focal Loss", 2020, for the distances
 */
export class LayoutModel {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /**
   * @throws what {@linkcode openSession} throws
   * @throws {ModelFileError} if it has other outputs
   */
  static async open(
    modelPath: string,
    options: { device: Device; threads: number },
  ): Promise<LayoutModel> {
    const { session } = await openSession(modelPath, options);
    if (session.outputNames.length !== 2 * STRIDES.length) {
      throw new ModelFileError(
        `${modelPath} has ${session.outputNames.length} outputs instead of ${2 * STRIDES.length}`,
        { hint: "install it again with `collider models pull picodet-layout`" },
      );
    }
    return new LayoutModel(session);
  }

  /** The parts of a page, the surest first; those of one kind don't overlap much. */
  async detect(page: Raster): Promise<LayoutRegion[]> {
    const small = await resize(page, WIDTH, HEIGHT);
    const values = new Float32Array(3 * WIDTH * HEIGHT);
    writePlanes(small, values, WIDTH, HEIGHT, IMAGENET_BGR);
    const input = new Tensor("float32", values, [1, 3, HEIGHT, WIDTH]);
    const outputs = await this.#session.run({ [this.#session.inputNames[0]!]: input });
    const heads = this.#session.outputNames.map((name) => outputs[name]!.data as Float32Array);
    const regions = STRIDES.flatMap((stride, i) =>
      readHead(heads[i]!, heads[STRIDES.length + i]!, stride)
    );
    const [scaleX, scaleY] = [page.width / WIDTH, page.height / HEIGHT];
    return suppressOverlaps(regions).map(({ label, score, box }) => ({
      label,
      score,
      box: {
        left: clamp(box.left * scaleX, page.width),
        top: clamp(box.top * scaleY, page.height),
        right: clamp(box.right * scaleX, page.width),
        bottom: clamp(box.bottom * scaleY, page.height),
      },
    }));
  }
}

function readHead(scores: Float32Array, distances: Float32Array, stride: number): LayoutRegion[] {
  const columns = Math.ceil(WIDTH / stride);
  const regions: LayoutRegion[] = [];
  for (let place = 0; place * LAYOUT_LABELS.length < scores.length; place++) {
    for (const [k, label] of LAYOUT_LABELS.entries()) {
      const score = scores[place * LAYOUT_LABELS.length + k]!;
      if (score < SCORE_MIN) continue;
      const x = (place % columns + 0.5) * stride;
      const y = (Math.floor(place / columns) + 0.5) * stride;
      const distance = (side: number) =>
        stride * expectation(distances, (4 * place + side) * DISTANCES);
      regions.push({
        label,
        score,
        box: {
          left: x - distance(0),
          top: y - distance(1),
          right: x + distance(2),
          bottom: y + distance(3),
        },
      });
    }
  }
  return regions;
}

/** The mean of 0, 1, … 7, weighted by the softmax of the logits from `from` on. */
function expectation(logits: Float32Array, from: number): number {
  let max = -Infinity;
  for (let i = 0; i < DISTANCES; i++) max = Math.max(max, logits[from + i]!);
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < DISTANCES; i++) {
    const weight = Math.exp(logits[from + i]! - max);
    sum += weight;
    weighted += i * weight;
  }
  return weighted / sum;
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}
