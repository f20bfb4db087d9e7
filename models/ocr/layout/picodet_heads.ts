import { type InferenceSession, Tensor } from "onnxruntime-node";
import { IMAGENET_BGR, writePlanes } from "../image_tensor.ts";
import type { Raster } from "../page.ts";
import { resize } from "../resize.ts";
import type { LayoutNetwork, LayoutRegion } from "./layout_region.ts";

/** The classes of PubLayNet, in the network's order. */
export const HEAD_LABELS = ["text", "title", "list", "table", "figure"] as const;

/** Size of the picture that the network takes, pixels. */
const WIDTH = 608;
const HEIGHT = 800;
/** Pixels between the places at which it looks, a head for each. */
const STRIDES = [8, 16, 32, 64];
/** It tells how likely each whole number of strides from a place to a side of the box is. */
const DISTANCES = 8;
const SCORE_MIN = 0.4;

/** Outputs of a network of this kind: scores and distances for each stride. */
export const HEAD_OUTPUTS = 2 * STRIDES.length;

/**
 * A PicoDet network with its heads as they are, as RapidOCR publishes it. For each stride, scores
 * [1, places, labels] come first, then distances [1, places, 4 · 8] for each.
 *
 * @see Yu et al., "PP-PicoDet: A Better Real-Time Object Detector on Mobile Devices", 2021
 * @see Li et al., "Generalized Focal Loss", 2020, for the distances
 */
export class PicodetHeads implements LayoutNetwork {
  readonly #session: InferenceSession;

  constructor(session: InferenceSession) {
    this.#session = session;
  }

  async find(page: Raster): Promise<LayoutRegion[]> {
    const values = new Float32Array(3 * WIDTH * HEIGHT);
    writePlanes(await resize(page, WIDTH, HEIGHT), values, WIDTH, HEIGHT, IMAGENET_BGR);
    const input = new Tensor("float32", values, [1, 3, HEIGHT, WIDTH]);
    const outputs = await this.#session.run({ [this.#session.inputNames[0]!]: input });
    const heads = this.#session.outputNames.map((name) => outputs[name]!.data as Float32Array);
    const scale = [page.width / WIDTH, page.height / HEIGHT] as const;
    return STRIDES.flatMap((stride, i) =>
      readHead(heads[i]!, heads[STRIDES.length + i]!, stride, scale)
    );
  }
}

function readHead(
  scores: Float32Array,
  distances: Float32Array,
  stride: number,
  [scaleX, scaleY]: readonly [number, number],
): LayoutRegion[] {
  const columns = Math.ceil(WIDTH / stride);
  const regions: LayoutRegion[] = [];
  for (let place = 0; place * HEAD_LABELS.length < scores.length; place++) {
    for (const [k, label] of HEAD_LABELS.entries()) {
      const score = scores[place * HEAD_LABELS.length + k]!;
      if (score < SCORE_MIN) continue;
      const x = (place % columns + 0.5) * stride;
      const y = (Math.floor(place / columns) + 0.5) * stride;
      const distance = (side: number) =>
        stride * expectation(distances, (4 * place + side) * DISTANCES);
      regions.push({
        label,
        score,
        box: {
          left: (x - distance(0)) * scaleX,
          top: (y - distance(1)) * scaleY,
          right: (x + distance(2)) * scaleX,
          bottom: (y + distance(3)) * scaleY,
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
