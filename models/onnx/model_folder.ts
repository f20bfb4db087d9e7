import { dirname, join } from "node:path";
import { z } from "zod";
import { ModelFileError } from "./errors.ts";
import type { Pooling } from "./pooling_graph.ts";

/** What the files around an embedding model say of it. */
export interface EmbeddingConfig {
  readonly pooling: Pooling;
  /** Tokens of a text that the model can take, special ones counted. */
  readonly maxTokens: number;
}

const DEFAULT_MAX_TOKENS = 512;
/** What `tokenizer_config.json` says where there is no limit is far beyond this. */
const MAX_TOKENS = 32_768;

/** The poolings of `1_Pooling/config.json` that there are here. */
const POOLING_OF: Readonly<Record<string, Pooling>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_mean_tokens: "mean",
  // Of another length, and therefore the same once it is normalised.
  pooling_mode_mean_sqrt_len_tokens: "mean",
};

const poolingSchema = z.record(z.string(), z.unknown());
const sentenceSchema = z.object({ max_seq_length: z.int().positive().nullish() });
const tokenizerSchema = z.object({ model_max_length: z.number().positive().nullish() });

/**
 * Reads how a model of the sentence-transformers layout is to be used, from the files beside it or
 * beside its tokenizer: `1_Pooling/config.json`, `sentence_bert_config.json` and
 * `tokenizer_config.json`. Without them: CLS, as BGE-M3, and 512 tokens.
 *
 * @throws {ModelFileError} if one of them can't be read, or asks for another pooling
 */
export async function readEmbeddingConfig(
  modelPath: string,
  tokenizerPath: string,
): Promise<EmbeddingConfig> {
  const folders = [...new Set([dirname(tokenizerPath), dirname(modelPath)])];
  const read = <T>(name: string, schema: z.ZodType<T>) => readFirst(folders, name, schema);
  const pooling = await read("1_Pooling/config.json", poolingSchema);
  const sentence = await read("sentence_bert_config.json", sentenceSchema);
  const tokenizer = await read("tokenizer_config.json", tokenizerSchema);
  const limits = [sentence?.max_seq_length, tokenizer?.model_max_length];
  return {
    pooling: poolingOf(pooling),
    maxTokens: limits.find((limit) => typeof limit === "number" && limit <= MAX_TOKENS) ??
      DEFAULT_MAX_TOKENS,
  };
}

function poolingOf(config: z.infer<typeof poolingSchema> | null): Pooling {
  if (config === null) return "cls";
  const modes = Object.keys(config)
    .filter((name) => name.startsWith("pooling_mode_") && config[name] === true);
  // Of several modes the vectors would be put one behind the other.
  const pooling = modes.length === 1 ? POOLING_OF[modes[0]!] : undefined;
  if (pooling !== undefined) return pooling;
  throw new ModelFileError("the model pools its tokens neither by CLS nor by their mean", {
    hint: "choose another model: 1_Pooling/config.json must say one of the two",
  });
}

/** The first of the files `name` that exists in the folders; null if there is none. */
async function readFirst<T>(
  folders: readonly string[],
  name: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      return schema.parse(JSON.parse(await Deno.readTextFile(path)));
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) continue;
      throw new ModelFileError(`${path} can't be read`, {
        hint: "install the model again with `collider models pull`",
        cause,
      });
    }
  }
  return null;
}
