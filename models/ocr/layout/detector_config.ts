import { dirname, join } from "node:path";
import { z } from "zod";
import { ModelFileError } from "../../onnx/errors.ts";
import { IMAGENET_BGR, type Normalisation } from "../image_tensor.ts";

/** What a detector of PaddleX takes and gives. */
export interface DetectorConfig {
  /** Size of the picture that it takes, pixels. */
  readonly width: number;
  readonly height: number;
  readonly normalisation: Normalisation;
  /** The names of its classes, by their numbers. */
  readonly classNames: readonly string[];
  /** Boxes that are less sure are left out, 0 to 1. */
  readonly scoreMin: number;
}

/** The classes of PicoDet-S and -L with 17 classes, the richest that PaddleX has of them. */
const CLASS_NAMES = [
  ..."paragraph_title image text number abstract content figure_title formula table".split(" "),
  ..."table_title reference doc_title footnote header algorithm footer seal".split(" "),
];

/** What PicoDet is exported with. */
export const PICODET_CONFIG: DetectorConfig = {
  width: 640,
  height: 640,
  normalisation: { ...IMAGENET_BGR, isBgr: false },
  classNames: CLASS_NAMES,
  scoreMin: 0.5,
};

const SIDE_MAX = 4_096;
const side = z.int().positive().max(SIDE_MAX);
const triple = z.tuple([z.number(), z.number(), z.number()]);

const configSchema = z.object({
  draw_threshold: z.number().min(0).max(1).default(0.5),
  label_list: z.array(z.string()).min(1).max(1_000),
  Preprocess: z.array(z.discriminatedUnion("type", [
    z.object({
      type: z.literal("Resize"),
      target_size: z.tuple([side, side]),
      keep_ratio: z.literal(false).default(false),
    }),
    z.object({
      type: z.literal("NormalizeImage"),
      mean: triple.default([0.485, 0.456, 0.406]),
      std: triple.default([0.229, 0.224, 0.225]),
      is_scale: z.literal(true).default(true),
    }),
    z.object({ type: z.literal("Permute") }),
  ])),
});

/**
 * Reads the `config.json` that PaddleX puts beside its models.
 *
 * @returns null if there is none
 * @throws {ModelFileError} if it is of another kind of model
 */
export async function readDetectorConfig(modelPath: string): Promise<DetectorConfig | null> {
  const path = join(dirname(modelPath), "config.json");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    throw unusable(path, cause);
  }
  try {
    const { draw_threshold, label_list, Preprocess } = configSchema.parse(JSON.parse(text));
    let config: DetectorConfig = {
      ...PICODET_CONFIG,
      classNames: label_list,
      scoreMin: draw_threshold,
    };
    for (const step of Preprocess) {
      if (step.type === "Resize") {
        const [height, width] = step.target_size;
        config = { ...config, width, height };
      } else if (step.type === "NormalizeImage") {
        const { mean, std: deviation } = step;
        config = { ...config, normalisation: { mean, deviation, isBgr: false } };
      }
    }
    return config;
  } catch (cause) {
    throw unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): ModelFileError {
  return new ModelFileError(`${path} is no configuration of a layout model`, {
    hint: "put the config.json there that belongs to the layout model, or none",
    cause,
  });
}
