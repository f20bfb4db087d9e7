import assert from "node:assert/strict";
import sharp from "sharp";
import { ModelFileError } from "../onnx/errors.ts";
import { characterErrorRate, drawnPage, EXPECTED, OCR_SETTINGS } from "./fixtures.ts";
import { DocumentReader } from "./document_reader.ts";
import { OcrClient } from "./ocr_client.ts";

const reader = await DocumentReader.open(OCR_SETTINGS);

for (const [name, lines] of Object.entries(EXPECTED)) {
  Deno.test(`DocumentReader reads the ${name} page with at most 3 % of its characters wrong`, async () => {
    const [page, ...others] = await reader.read(await drawnPage(name));
    assert.deepEqual(others, []);
    const read = page!.lines.map(({ text }) => text).join("\n");
    const rate = characterErrorRate(read, lines.join("\n"));
    assert.ok(rate <= 0.03, `${rate}: ${read}`);
  });
}

Deno.test("DocumentReader tells where the lines stand, in reading order", async () => {
  const [page] = await reader.read(await drawnPage("sans"));
  assert.deepEqual([page!.width, page!.height], [900, 412]);
  for (const [i, { quad }] of page!.lines.entries()) {
    const baseline = 80 + 52 * i;
    const [[left, top], , [right, bottom]] = quad;
    assert.ok(left > 40 && left < 65 && right < 900, `line ${i}: ${left} to ${right}`);
    assert.ok(top < baseline - 15 && bottom > baseline && bottom - top < 52, `line ${i}: ${top}`);
  }
});

Deno.test("DocumentReader finds nothing on an empty page", async () => {
  const blank = { create: { width: 200, height: 100, channels: 3 as const, background: "#fff" } };
  const png = new Uint8Array(await sharp(blank).png().toBuffer());
  const [page] = await reader.read(png);
  assert.deepEqual([page!.lines, page!.markdown], [[], ""]);
});

Deno.test("DocumentReader says which file is missing, or belongs to another model", async () => {
  const open = (change: Partial<typeof OCR_SETTINGS>) =>
    DocumentReader.open({ ...OCR_SETTINGS, ...change });
  await assert.rejects(open({ detectionPath: "/nowhere.onnx" }), ModelFileError);
  await assert.rejects(open({ dictionaryPath: "/nowhere.txt" }), ModelFileError);
  const other = await Deno.makeTempFile();
  await Deno.writeTextFile(other, "a\nb\n");
  await assert.rejects(open({ dictionaryPath: other }), /3 characters, and the model 6624/);
  await Deno.remove(other);
});

Deno.test("OcrClient reads documents in a worker, and refuses what is none", async () => {
  const client = await OcrClient.start(OCR_SETTINGS);
  assert.deepEqual(client.about, { device: "cpu" });
  await assert.rejects(client.read(new TextEncoder().encode("no image")), /can't be read/);
  const [page] = await client.read(await drawnPage("serif"));
  assert.match(page!.markdown, /Invoice No\. 2024-0815/);
  await client.close();
});
