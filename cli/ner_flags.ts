import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { NerOptions } from "../gateway/pipeline/ner_stage.ts";
import { modelFiles } from "../models/catalogue/model_files.ts";
import type { ModelStore } from "../models/catalogue/model_store.ts";
import type { GlinerSettings } from "../models/ner/gliner_model.ts";
import { cleanLabels } from "../models/ner/labels.ts";
import type { Device } from "../models/onnx/device.ts";

/** What is looked for where nothing else is said. */
export const DEFAULT_NER_LABELS = "person,organization,date,money,location";

/** The flags that choose what finds entities. */
export interface NerFlags {
  readonly glinerModel?: string | undefined;
  readonly glinerTokenizer?: string | undefined;
  readonly glinerConfig?: string | undefined;
  readonly nerLabels: readonly string[];
  readonly nerLabelsFor?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly nerThreshold: number;
  readonly device: Device;
  readonly inferenceThreads: number;
}

/**
 * The NER model that is configured or installed, and what it looks for.
 *
 * @returns undefined if there is none
 * @throws {ModelMissingError} if a configured file is not there
 */
export async function nerOptions(
  flags: NerFlags,
  store: ModelStore,
): Promise<({ readonly model: GlinerSettings } & NerOptions) | undefined> {
  const files = await modelFiles(store, {
    "gliner-model": flags.glinerModel,
    "gliner-tokenizer": flags.glinerTokenizer,
    "gliner-config": flags.glinerConfig,
  }, ["gliner-model", "gliner-tokenizer", "gliner-config"]);
  if (files === null) return undefined;
  return {
    model: {
      modelPath: files["gliner-model"],
      tokenizerPath: files["gliner-tokenizer"],
      configPath: files["gliner-config"],
      device: flags.device,
      threads: flags.inferenceThreads,
    },
    labels: flags.nerLabels,
    labelsByType: flags.nerLabelsFor ?? new Map(),
    threshold: flags.nerThreshold,
  };
}

/** Reads `person, date`; an empty text is no label at all. */
export function labelList(text: string): string[] {
  if (text.trim() === "") return [];
  try {
    return cleanLabels(text.split(","));
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Reads `Type=person,date`, and adds it to what was read before. */
export function labelsForType(
  text: string,
  former: ReadonlyMap<string, readonly string[]> | undefined,
): ReadonlyMap<string, readonly string[]> {
  const [, type, labels] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (type === undefined) {
    throw new InvalidArgumentError("It must look like Invoice=supplier,total.");
  }
  return new Map(former).set(type, labelList(labels!));
}
