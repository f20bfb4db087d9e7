import type { Raster } from "./page.ts";

/** How a picture's values become a network's: `(value / 255 - mean) / deviation`, by channel. */
export interface Normalisation {
  /** In the order of the network's channels. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  /** Whether the network's first channel is blue. */
  readonly isBgr: boolean;
}

/** What ImageNet's pictures have, in the order in which PaddlePaddle's networks take them. */
export const IMAGENET_BGR: Normalisation = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
  isBgr: true,
};

/** -1 to 1. */
export const SYMMETRIC_BGR: Normalisation = {
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
  isBgr: true,
};

/**
 * Writes a picture into one image of a tensor [images, 3, height, width], whose other pixels stay
 * as they are.
 *
 * @param target the image's 3 · height · width values
 * @param rowLength width of the tensor
 * @param rows height of the tensor
 */
export function writePlanes(
  { width, height, rgb }: Raster,
  target: Float32Array,
  rowLength: number,
  rows: number,
  { mean, deviation, isBgr }: Normalisation,
): void {
  for (let channel = 0; channel < 3; channel++) {
    const source = isBgr ? 2 - channel : channel;
    const scale = 1 / (255 * deviation[channel]!);
    const offset = mean[channel]! / deviation[channel]!;
    const plane = channel * rows * rowLength;
    for (let y = 0; y < height; y++) {
      let from = y * width * 3 + source;
      let to = plane + y * rowLength;
      for (let x = 0; x < width; x++, from += 3, to++) target[to] = rgb[from]! * scale - offset;
    }
  }
}
