import { PDFiumLibrary, type PDFiumPage } from "@hyzyla/pdfium";
import { DocumentTooLargeError, UnreadableDocumentError } from "./errors.ts";
import type { Raster } from "./page.ts";

/** What a document may have at most. */
interface PdfLimits {
  readonly pagesMax: number;
  readonly pixelsMax: number;
}

/** 200 dots per inch, in which a PDF's points are 72. */
const SCALE = 200 / 72;
const BYTES_PER_PIXEL = 4;

/** Whether bytes begin as a PDF does; some have a few others before. */
export function isPdf(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(0, 1024)).includes("%PDF-");
}

/**
 * The pages of a PDF as pictures of 200 dots per inch, fewer where a page is very large.
 *
 * @throws {UnreadableDocumentError} if it is damaged or asks for a password
 * @throws {DocumentTooLargeError} if it has too many pages
 */
export async function* renderPdf(
  bytes: Uint8Array<ArrayBuffer>,
  { pagesMax, pixelsMax }: PdfLimits,
): AsyncGenerator<Raster> {
  const library = await PDFiumLibrary.init();
  try {
    const document = await library.loadDocument(bytes).catch((cause) => {
      throw new UnreadableDocumentError(
        /password/i.test(String(cause)) ? "the PDF asks for a password" : "the PDF is damaged",
        { hint: "send it without a password, or as images", cause },
      );
    });
    try {
      const pages = document.getPageCount();
      if (pages > pagesMax) {
        throw new DocumentTooLargeError(`the PDF has ${pages} pages, more than ${pagesMax}`, {
          hint: "send its pages in several documents",
        });
      }
      for (let i = 0; i < pages; i++) {
        const page = Promise.try(() => render(document.getPage(i), pixelsMax));
        yield await page.catch(unrenderable);
      }
    } finally {
      free(document);
    }
  } finally {
    free(library);
  }
}

/** A page that needs more memory than WebAssembly gives it ends the library. */
function unrenderable(cause: unknown): never {
  throw new UnreadableDocumentError("a page of the PDF is damaged, or takes too much memory", {
    hint: "send it as an image",
    cause,
  });
}

/** After its end, a library can't free anything, and does not have to. */
function free(resource: { destroy(): void }): void {
  try {
    resource.destroy();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
}

async function render(page: PDFiumPage, pixelsMax: number): Promise<Raster> {
  const { originalWidth, originalHeight } = page.getOriginalSize();
  const points = Math.max(1, originalWidth * originalHeight);
  const scale = Math.min(SCALE, Math.sqrt(pixelsMax / points));
  const { data, width, height } = await page.render({ scale, render: "bitmap" });
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, from = 0; i < rgb.length; i += 3, from += BYTES_PER_PIXEL) {
    rgb[i] = data[from]!;
    rgb[i + 1] = data[from + 1]!;
    rgb[i + 2] = data[from + 2]!;
  }
  return { width, height, rgb };
}
