import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { Device } from "../onnx/device.ts";
import { ModelFileError } from "../onnx/errors.ts";
import { openSession } from "../onnx/session.ts";
import { CtcDecoder, type Reading } from "./ctc.ts";
import { SYMMETRIC_BGR, writePlanes } from "./image_tensor.ts";
import type { Raster } from "./page.ts";

/** Height of the pictures that the network takes, pixels. */
export const LINE_HEIGHT = 48;
/** The network was taught on pictures this wide: narrower ones are padded to it. */
const WIDTH_MIN = 160;
/** What is wider is cut: no line has so many characters. */
const WIDTH_MAX = 3_200;
/** Pixels that run through the network together, padding counted. */
const BATCH_PIXELS = LINE_HEIGHT * 4_800;

/** Reads lines of text: a network with a CTC head, as PP-OCR's recognisers are. */
export class TextRecogniser {
  readonly #session: InferenceSession;
  readonly #decoder: CtcDecoder;

  private constructor(session: InferenceSession, characters: readonly string[]) {
    this.#session = session;
    this.#decoder = new CtcDecoder(characters);
  }

  /**
   * @param dictionaryPath one character a line, in the order of the network's classes
   * @throws {ModelFileError} if a file is missing or the dictionary is that of another model
   */
  static async open(
    modelPath: string,
    dictionaryPath: string,
    options: { device: Device; threads: number },
  ): Promise<TextRecogniser> {
    const { session } = await openSession(modelPath, options);
    const characters = await readDictionary(dictionaryPath);
    const output = session.outputMetadata[0];
    const classes = output?.isTensor === true ? Number(output.shape.at(-1)) : NaN;
    // One more is the blank of CTC, and a second one a space that is not in the file.
    if (Number.isInteger(classes) && classes - 1 !== characters.length) characters.push(" ");
    if (Number.isInteger(classes) && classes - 1 !== characters.length) {
      throw new ModelFileError(
        `the dictionary ${dictionaryPath} has ${characters.length} characters, and the model ` +
          `${classes - 1}`,
        { hint: "give the dictionary that belongs to the model with --ocr-dictionary" },
      );
    }
    return new TextRecogniser(session, characters);
  }

  /** @param lines pictures of {@linkcode LINE_HEIGHT} */
  async recognise(lines: readonly Raster[]): Promise<Reading[]> {
    const readings: Reading[] = [];
    for (const batch of batchesOf(lines)) {
      const found = await this.#run(batch.map((i) => lines[i]!));
      for (const [k, i] of batch.entries()) readings[i] = found[k]!;
    }
    return readings;
  }

  async #run(lines: readonly Raster[]): Promise<Reading[]> {
    const width = Math.max(...lines.map(paddedWidth));
    const size = 3 * LINE_HEIGHT * width;
    const values = new Float32Array(lines.length * size);
    for (const [i, line] of lines.entries()) {
      const target = values.subarray(i * size, (i + 1) * size);
      writePlanes(cut(line), target, width, LINE_HEIGHT, SYMMETRIC_BGR);
    }
    const input = new Tensor("float32", values, [lines.length, 3, LINE_HEIGHT, width]);
    const outputs = await this.#session.run({ [this.#session.inputNames[0]!]: input });
    const { data, dims } = outputs[this.#session.outputNames[0]!]!;
    const [, steps, classes] = dims as [number, number, number];
    return lines.map((_, i) => {
      const probabilities = (data as Float32Array)
        .subarray(i * steps * classes, (i + 1) * steps * classes);
      return this.#decoder.decode(probabilities, classes);
    });
  }
}

async function readDictionary(path: string): Promise<string[]> {
  try {
    const text = await Deno.readTextFile(path);
    return text.replace(/\r?\n$/, "").split(/\r?\n/);
  } catch (cause) {
    throw new ModelFileError(`the dictionary ${path} can't be read`, {
      hint: "give the dictionary that belongs to the model with --ocr-dictionary",
      cause,
    });
  }
}

function paddedWidth({ width }: Raster): number {
  return Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, Math.ceil(width / 8) * 8));
}

function cut(line: Raster): Raster {
  if (line.width <= WIDTH_MAX) return line;
  const rgb = new Uint8Array(WIDTH_MAX * line.height * 3);
  for (let y = 0; y < line.height; y++) {
    const from = y * line.width * 3;
    rgb.set(line.rgb.subarray(from, from + WIDTH_MAX * 3), y * WIDTH_MAX * 3);
  }
  return { width: WIDTH_MAX, height: line.height, rgb };
}

/** Indices of lines of similar width together, so that little is spent on padding. */
function batchesOf(lines: readonly Raster[]): number[][] {
  const batches: number[][] = [];
  const width = (i: number) => paddedWidth(lines[i]!);
  for (const i of [...lines.keys()].sort((a, b) => width(a) - width(b))) {
    const last = batches.at(-1);
    const isRoomy = last !== undefined &&
      (last.length + 1) * width(i) * LINE_HEIGHT <= BATCH_PIXELS &&
      width(i) <= 1.3 * width(last[0]!);
    if (isRoomy) last.push(i);
    else batches.push([i]);
  }
  return batches;
}
