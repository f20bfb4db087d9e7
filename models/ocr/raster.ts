import sharp from "sharp";
import { DocumentTooLargeError, UnreadableDocumentError } from "./errors.ts";
import type { Raster } from "./page.ts";
import { isPdf, renderPdf } from "./pdf.ts";

/** Pages of a document at most. */
export const PAGES_MAX = 50;
/** Pixels of a page at most: a small file can hold far more than memory does. */
const PIXELS_MAX = 60_000_000;

/**
 * The pages of a document as pictures: PNG, JPEG, WebP, TIFF (each of its pages) or PDF. Turned as
 * the camera says, and on white where they are transparent.
 *
 * @throws {UnreadableDocumentError} if it is none of these, or damaged
 * @throws {DocumentTooLargeError} if it has too many pages or pixels
 */
export async function* readPages(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Raster> {
  if (isPdf(bytes)) {
    yield* renderPdf(bytes, { pagesMax: PAGES_MAX, pixelsMax: PIXELS_MAX });
    return;
  }
  const pages = await pageCount(bytes);
  if (pages > PAGES_MAX) {
    throw new DocumentTooLargeError(`the document has ${pages} pages, more than ${PAGES_MAX}`, {
      hint: "send its pages in several documents",
    });
  }
  for (let page = 0; page < pages; page++) yield await decode(bytes, page);
}

const FORMATS = new Set(["png", "jpeg", "webp", "tiff"]);

async function pageCount(bytes: Uint8Array): Promise<number> {
  // Without its own limit: this one reads the header alone.
  const { format, pages = 1, width, height } = await Promise
    .try(() => sharp(bytes, { limitInputPixels: false }).metadata())
    .catch(unreadable);
  if (format === undefined || !FORMATS.has(format)) unreadable(new Error(`it is ${format}`));
  if (width * height > PIXELS_MAX) {
    throw new DocumentTooLargeError(
      `the image has ${width} × ${height} pixels, more than ${PIXELS_MAX}`,
      { hint: "send it in a lower resolution: 300 dots per inch are enough" },
    );
  }
  return format === "tiff" ? pages : 1;
}

async function decode(bytes: Uint8Array, page: number): Promise<Raster> {
  const { data, info } = await sharp(bytes, { page, limitInputPixels: PIXELS_MAX })
    .rotate()
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(unreadable);
  const rgb = info.channels === 3 ? data : fromGrey(data);
  return { width: info.width, height: info.height, rgb };
}

function fromGrey(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (const [i, value] of grey.entries()) rgb.fill(value, 3 * i, 3 * i + 3);
  return rgb;
}

function unreadable(cause: unknown): never {
  throw new UnreadableDocumentError(
    `the document can't be read: ${(cause as Error).message.split("\n", 1)[0]}`,
    { hint: "send a PNG, JPEG, WebP, TIFF or PDF", cause },
  );
}
