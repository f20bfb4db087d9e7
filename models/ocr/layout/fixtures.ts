import { constantModel, type ConstantOutput } from "../../onnx/fixtures.ts";
import { HEAD_LABELS } from "./picodet_heads.ts";

const WIDTH = 608;
const HEIGHT = 800;

/** A part of a page that {@linkcode layoutNetwork} finds; in pixels of the network's picture. */
export interface PlacedPart {
  readonly label: typeof HEAD_LABELS[number];
  readonly score: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * A network with PicoDet's heads that finds the same parts on every page. A side may be at most
 * seven of the head's strides from the middle, so each part is put into the finest head that
 * reaches.
 */
export function layoutNetwork(parts: readonly PlacedPart[]): Uint8Array<ArrayBuffer> {
  const scores: ConstantOutput[] = [];
  const distances: ConstantOutput[] = [];
  const strides = [8, 16, 32, 64];
  for (const stride of strides) {
    const columns = Math.ceil(WIDTH / stride);
    const places = columns * Math.ceil(HEIGHT / stride);
    const labels = HEAD_LABELS.length;
    const score = new Float32Array(places * labels);
    const distance = new Float32Array(places * 32).fill(-20);
    for (const part of parts) {
      const middle = [(part.left + part.right) / 2, (part.top + part.bottom) / 2] as const;
      const reach = Math.max(part.right - part.left, part.bottom - part.top) / 2 + stride;
      if (strides.find((each) => 7 * each >= reach) !== stride) continue;
      const [column, row] = middle.map((at) => Math.floor(at / stride)) as [number, number];
      const place = row * columns + column;
      score[place * labels + HEAD_LABELS.indexOf(part.label)] = part.score;
      const [x, y] = [(column + 0.5) * stride, (row + 0.5) * stride];
      const sides = [x - part.left, y - part.top, part.right - x, part.bottom - y];
      for (const [side, pixels] of sides.entries()) {
        // Between two whole numbers, in proportion.
        const whole = Math.floor(pixels / stride);
        const share = pixels / stride - whole;
        distance[(4 * place + side) * 8 + whole] = Math.log(Math.max(1 - share, 1e-9));
        if (whole < 7) {
          distance[(4 * place + side) * 8 + whole + 1] = Math.log(Math.max(share, 1e-9));
        }
      }
    }
    scores.push({ name: `score_${stride}`, dims: [1, places, labels], values: score });
    distances.push({ name: `distance_${stride}`, dims: [1, places, 32], values: distance });
  }
  return constantModel({ width: WIDTH, height: HEIGHT }, [...scores, ...distances]);
}
