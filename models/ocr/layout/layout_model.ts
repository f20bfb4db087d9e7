import type { InferenceSession } from "onnxruntime-node";
import type { Device } from "../../onnx/device.ts";
import { ModelFileError } from "../../onnx/errors.ts";
import { openSession } from "../../onnx/session.ts";
import type { Raster } from "../page.ts";
import type { LayoutNetwork, LayoutRegion } from "./layout_region.ts";
import { PaddleDetector } from "./paddle_detector.ts";
import { HEAD_OUTPUTS, PicodetHeads } from "./picodet_heads.ts";
import { suppressOverlaps } from "./suppress_overlaps.ts";

/** Finds the parts of pages. */
export class LayoutModel {
  readonly #network: LayoutNetwork;

  private constructor(network: LayoutNetwork) {
    this.#network = network;
  }

  /**
   * @throws what {@linkcode openSession} throws
   * @throws {ModelFileError} if it has other inputs or outputs than a layout model
   */
  static async open(
    modelPath: string,
    options: { device: Device; threads: number },
  ): Promise<LayoutModel> {
    const { session } = await openSession(modelPath, options);
    return new LayoutModel(await networkOf(session, modelPath));
  }

  /** The parts of a page, the surest first; those of one kind don't overlap much. */
  async detect(page: Raster): Promise<LayoutRegion[]> {
    const { width, height } = page;
    return suppressOverlaps(await this.#network.find(page)).map(({ label, score, box }) => ({
      label,
      score,
      box: {
        left: clamp(box.left, width),
        top: clamp(box.top, height),
        right: clamp(box.right, width),
        bottom: clamp(box.bottom, height),
      },
    }));
  }
}

async function networkOf(session: InferenceSession, modelPath: string): Promise<LayoutNetwork> {
  const { inputNames, outputNames } = session;
  if (inputNames.includes("image") && inputNames.includes("scale_factor")) {
    return await PaddleDetector.open(session, modelPath);
  }
  if (inputNames.length === 1 && outputNames.length === HEAD_OUTPUTS) {
    return new PicodetHeads(session);
  }
  throw new ModelFileError(
    `${modelPath} is no layout model: it takes ${inputNames.join(", ")} and gives ` +
      `${outputNames.length} outputs`,
    { hint: "install one with `collider models pull picodet-layout`" },
  );
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}
