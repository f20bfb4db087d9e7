import { Tensor } from "onnxruntime-node";
import { drawnPage, OCR_SETTINGS } from "../models/ocr/fixtures.ts";
import { OcrModel } from "../models/ocr/ocr_model.ts";
import { readPages } from "../models/ocr/raster.ts";
import { openSession } from "../models/onnx/session.ts";
import { compare, type Measurement, perSecond } from "./measurement.ts";

const ROUNDS = 7;
/** The sizes that the two networks see of the page: 900 × 412 pixels with six lines. */
const DETECTION_SHAPE = [1, 3, 416, 896];
const RECOGNITION_SHAPE = [6, 3, 48, 880];

/** A page of six lines, against the two networks alone. */
export async function measureOcr(): Promise<Measurement[]> {
  const model = await OcrModel.open(OCR_SETTINGS);
  const bytes = await drawnPage("sans");
  const [detection, recognition] = await Promise.all(
    [OCR_SETTINGS.detectionPath, OCR_SETTINGS.recognitionPath]
      .map((path) => openSession(path, { device: "cpu", threads: OCR_SETTINGS.threads })),
  );
  const run = async ({ session }: NonNullable<typeof detection>, shape: readonly number[]) => {
    const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
    await session.run({ [session.inputNames[0]!]: new Tensor("float32", values, shape) });
  };
  const read = async () => {
    const startedMs = performance.now();
    for await (const page of readPages(bytes)) await model.readPage(page);
    return perSecond(1, startedMs);
  };
  const networks = async () => {
    const startedMs = performance.now();
    await run(detection!, DETECTION_SHAPE);
    await run(recognition!, RECOGNITION_SHAPE);
    return perSecond(1, startedMs);
  };
  await read();
  await networks();
  const compared = await compare(read, networks, ROUNDS);
  return [{
    name: "ocr.page",
    what: "pages of six lines, decoded, detected and recognised",
    floorIs: "the two networks alone, on empty pictures of the same sizes",
    ...compared,
    unit: "pages/s",
    target: null,
    extra: { page_ms: 1000 / compared.value },
    limits: { page_ms: 1_500 },
  }];
}
