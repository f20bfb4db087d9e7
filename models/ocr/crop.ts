import type { Point, Quad, Raster } from "./page.ts";

/** Lines this much higher than wide are written from top to bottom, and turned. */
const UPRIGHT_RATIO = 1.5;

/**
 * Cuts a line out of a page, straightened and in a given height.
 *
 * Each pixel is the mean of as many places of the page as it covers, so that lines of large type
 * are not torn.
 */
export function cropLine(page: Raster, quad: Quad, height: number): Raster {
  const [topLeft, topRight, bottomRight, bottomLeft] = turned(quad);
  const lineWidth = (distance(topLeft, topRight) + distance(bottomLeft, bottomRight)) / 2;
  const lineHeight = (distance(topLeft, bottomLeft) + distance(topRight, bottomRight)) / 2;
  const width = Math.max(1, Math.round(lineWidth * height / Math.max(1, lineHeight)));
  const samples = Math.max(1, Math.round(lineHeight / height));
  const rgb = new Uint8Array(width * height * 3);
  const sum = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sum.fill(0);
      for (let k = 0; k < samples * samples; k++) {
        const u = (x + (k % samples + 0.5) / samples) / width;
        const v = (y + (Math.floor(k / samples) + 0.5) / samples) / height;
        const top = mix(topLeft, topRight, u);
        const bottom = mix(bottomLeft, bottomRight, u);
        addPixel(page, mix(top, bottom, v), sum);
      }
      const to = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        rgb[to + channel] = Math.round(sum[channel]! / (samples * samples));
      }
    }
  }
  return { width, height, rgb };
}

function turned(quad: Quad): Quad {
  const [topLeft, topRight, bottomRight, bottomLeft] = quad;
  const isUpright = distance(topLeft, bottomLeft) >= UPRIGHT_RATIO * distance(topLeft, topRight);
  return isUpright ? [topRight, bottomRight, bottomLeft, topLeft] : quad;
}

/** Adds the colour at a place between four pixels; outside the page, that of its edge. */
function addPixel({ width, height, rgb }: Raster, [x, y]: Point, sum: Float64Array): void {
  const px = Math.min(Math.max(x - 0.5, 0), width - 1);
  const py = Math.min(Math.max(y - 0.5, 0), height - 1);
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
  const [fx, fy] = [px - x0, py - y0];
  for (let channel = 0; channel < 3; channel++) {
    const at = (cx: number, cy: number) => rgb[(cy * width + cx) * 3 + channel]!;
    const upper = at(x0, y0) * (1 - fx) + at(x1, y0) * fx;
    const lower = at(x0, y1) * (1 - fx) + at(x1, y1) * fx;
    sum[channel]! += upper * (1 - fy) + lower * fy;
  }
}

function mix([ax, ay]: Point, [bx, by]: Point, share: number): Point {
  return [ax + (bx - ax) * share, ay + (by - ay) * share];
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(bx - ax, by - ay);
}
