import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { DocumentTooLargeError, UnreadableDocumentError } from "./errors.ts";
import { readPages } from "./raster.ts";

/** A picture whose left half is red; its right half is transparent. */
function halfRed(width = 20, height = 10) {
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    if (i % width < width / 2) rgba.set([255, 0, 0, 255], 4 * i);
  }
  return sharp(rgba, { raw: { width, height, channels: 4 } });
}

async function pagesOf(bytes: Uint8Array<ArrayBuffer>) {
  return await Array.fromAsync(readPages(bytes));
}

/** A PDF of pages with one line each, as simple as a PDF can be. */
function pdfOf(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  const objects = ["<< /Type /Catalog /Pages 2 0 R >>"];
  const kids = lines.map((_, i) => `${4 + 2 * i} 0 R`).join(" ");
  objects.push(`<< /Type /Pages /Kids [${kids}] /Count ${lines.length} >>`);
  objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  for (const [i, line] of lines.entries()) {
    const content = `BT /F1 24 Tf 20 40 Td (${line}) Tj ET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 360 90] /Contents ${5 + 2 * i} 0 R ` +
        `/Resources << /Font << /F1 3 0 R >> >> >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  }
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, i) => {
    const offset = body.length;
    body += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join(
    "",
  );
  const trailer = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}` +
    `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return new TextEncoder().encode(body + trailer);
}

Deno.test("readPages decodes each kind of picture, on white", async () => {
  for (const format of ["png", "webp", "tiff"] as const) {
    const options = format === "tiff" ? { compression: "lzw" } : { quality: 100 };
    const bytes = new Uint8Array(await halfRed().toFormat(format, options).toBuffer());
    const [page, ...others] = await pagesOf(bytes);
    assert.deepEqual(others, []);
    assert.deepEqual([page!.width, page!.height, page!.rgb.length], [20, 10, 600]);
    const pixel = (x: number) => [...page!.rgb.subarray(3 * x, 3 * x + 3)];
    assert.deepEqual(pixel(19), [255, 255, 255], format);
    assert.ok(pixel(0)[0]! > 240 && pixel(0)[1]! < 20, format);
  }
});

Deno.test("readPages turns a photograph as the camera says", async () => {
  const bytes = new Uint8Array(
    await halfRed().flatten({ background: "#fff" }).jpeg().withMetadata({ orientation: 6 })
      .toBuffer(),
  );
  const [page] = await pagesOf(bytes);
  assert.deepEqual([page!.width, page!.height], [10, 20]);
});

Deno.test("readPages renders each page of a PDF", async () => {
  const pages = await pagesOf(pdfOf(["first page", "second page"]));
  assert.deepEqual(pages.map(({ width, height }) => [width, height]), [[1000, 250], [1000, 250]]);
  for (const { rgb } of pages) {
    assert.ok(rgb.some((value) => value === 0), "there is no text on it");
    assert.ok(rgb[0] === 255);
  }
});

Deno.test("readPages refuses what is no document, or a damaged one", async () => {
  const png = new Uint8Array(await halfRed().png().toBuffer());
  for (
    const bytes of [
      new Uint8Array(),
      new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
      png.slice(0, 60),
      new TextEncoder().encode("%PDF-1.7 and then nothing"),
    ]
  ) {
    await assert.rejects(pagesOf(bytes), UnreadableDocumentError);
  }
});

/** A PNG whose header says another size (RFC 2083, section 4.1.1). */
function withHeader(
  png: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const bytes = png.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  return bytes;
}

Deno.test("readPages refuses small files that are huge pictures, before it decodes them", async () => {
  const blank = {
    create: { width: 10_000, height: 10_000, channels: 3 as const, background: "#fff" },
  };
  const bytes = new Uint8Array(await sharp(blank).png().toBuffer());
  await assert.rejects(pagesOf(bytes), DocumentTooLargeError);
  await assert.rejects(pagesOf(withHeader(bytes, 30_000, 30_000)), (error) => {
    assert.ok(error instanceof DocumentTooLargeError);
    assert.match(error.message, /30000 × 30000 pixels/);
    return true;
  });
  await assert.rejects(pagesOf(pdfOf(new Array(51).fill("x"))), DocumentTooLargeError);
});
