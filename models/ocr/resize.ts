import sharp from "sharp";
import type { Raster } from "./page.ts";

/** A picture in another size, whatever becomes of its proportions. */
export async function resize(raster: Raster, width: number, height: number): Promise<Raster> {
  if (raster.width === width && raster.height === height) return raster;
  const { rgb } = raster;
  const input = { raw: { width: raster.width, height: raster.height, channels: 3 as const } };
  const data = await sharp(rgb, input)
    .resize(width, height, { fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
  return { width, height, rgb: data };
}
