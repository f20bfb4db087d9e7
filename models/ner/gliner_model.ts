import type { InferenceSession } from "onnxruntime-node";
import { z } from "zod";
import { ModelFailedError } from "../errors.ts";
import type { Device, UsedDevice } from "../onnx/device.ts";
import { ModelFileError } from "../onnx/errors.ts";
import { openSession } from "../onnx/session.ts";
import type { Entity, Extraction } from "./entity.ts";
import { nerInputs } from "./ner_inputs.ts";
import { type Prompt, PROMPT_TOKENS_MAX, PromptTokenizer } from "./prompt.ts";
import { chooseSpans, scoreSpans } from "./spans.ts";
import { splitWords, type Word } from "./words.ts";

/** A GLiNER span model as it lies on the disk. */
export interface GlinerSettings {
  readonly modelPath: string;
  readonly tokenizerPath: string;
  /** Its `gliner_config.json`. */
  readonly configPath: string;
  readonly device: Device;
  /** Threads of one inference. */
  readonly threads: number;
}

const configSchema = z.object({
  max_width: z.int().positive().max(64).default(12),
  max_len: z.int().positive().max(4096).default(384),
  ent_token: z.string().default("<<ENT>>"),
  sep_token: z.string().default("<<SEP>>"),
  span_mode: z.string().default("markerV0"),
  words_splitter_type: z.string().default("whitespace"),
  subtoken_pooling: z.string().default("first"),
});

const INPUTS = [
  "input_ids",
  "attention_mask",
  "words_mask",
  "text_lengths",
  "span_idx",
  "span_mask",
];
const HINT = "install it again with `collider models pull gliner-multi-v2.1`";
/**
 * Tokens that run through the model together, padding counted. More at once are no faster on a
 * processor, and take more memory.
 */
const BATCH_TOKENS = PROMPT_TOKENS_MAX;

/** One of the texts on its way through the model. */
interface PreparedText {
  readonly index: number;
  readonly text: string;
  readonly words: readonly Word[];
  readonly prompt: Prompt;
}

/**
 * Finds what texts name, for any labels: a GLiNER span model.
 *
 * @see Zaratiana et al., "GLiNER: Generalist Model for Named Entity Recognition using Bidirectional
 *   Transformer", 2024
 */
export class GlinerModel {
  readonly device: UsedDevice;
  readonly #session: InferenceSession;
  readonly #tokenizer: PromptTokenizer;
  readonly #maxWidth: number;
  readonly #maxWords: number;

  private constructor(
    session: InferenceSession,
    device: UsedDevice,
    tokenizer: PromptTokenizer,
    config: z.infer<typeof configSchema>,
  ) {
    this.device = device;
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#maxWidth = config.max_width;
    this.#maxWords = config.max_len;
  }

  /**
   * @throws {ModelFileError} if a file is missing or none of such a model
   * @throws {DeviceUnavailableError} if the device can't run it
   */
  static async open(settings: GlinerSettings): Promise<GlinerModel> {
    const { modelPath, tokenizerPath, configPath, device, threads } = settings;
    const config = await readConfig(configPath);
    const tokenizer = await PromptTokenizer.open(tokenizerPath, config.ent_token, config.sep_token);
    const opened = await openSession(modelPath, { device, threads, hint: HINT });
    const missing = INPUTS.filter((name) => !opened.session.inputNames.includes(name));
    if (missing.length > 0 || !opened.session.outputNames.includes("logits")) {
      throw new ModelFileError(
        `${modelPath} is no GLiNER span model: it has no ${missing[0] ?? "logits"}`,
        { hint: HINT },
      );
    }
    return new GlinerModel(opened.session, opened.device, tokenizer, config);
  }

  /**
   * Finds entities.
   *
   * @param labels what is looked for, each once
   * @param threshold lowest score, 0 to 1
   * @returns what was found in each text
   * @throws {InvalidLabelsError} if the labels leave no room for a text
   * @throws {ModelFailedError} if the model's answer is not of the right size
   */
  async extract(
    texts: readonly string[],
    labels: readonly string[],
    threshold: number,
  ): Promise<Extraction[]> {
    const extractions: Extraction[] = texts.map(() => ({ entities: [], isTruncated: false }));
    const prepared: PreparedText[] = [];
    for (const [index, text] of texts.entries()) {
      const all = splitWords(text);
      const words = all.slice(0, this.#maxWords);
      if (words.length === 0 || labels.length === 0) continue;
      const prompt = await this.#tokenizer.tokenize(labels, words);
      prepared.push({ index, text, words, prompt });
      const isTruncated = prompt.isTruncated || all.length > words.length;
      extractions[index] = { entities: [], isTruncated };
    }
    for (const batch of batchesOf(prepared)) {
      const found = await this.#run(batch, labels, threshold);
      for (const [row, { index }] of batch.entries()) {
        extractions[index] = { ...extractions[index]!, entities: found[row]! };
      }
    }
    return extractions;
  }

  async #run(
    batch: readonly PreparedText[],
    labels: readonly string[],
    threshold: number,
  ): Promise<Entity[][]> {
    const prompts = batch.map(({ prompt }) => prompt);
    const inputs = nerInputs(prompts, this.#maxWidth, this.#tokenizer.padId);
    const { logits } = await this.#session.run(inputs);
    const [rows, words, maxWidth, labelCount] = logits!.dims as [number, number, number, number];
    if (rows !== batch.length || maxWidth !== this.#maxWidth || labelCount !== labels.length) {
      throw new ModelFailedError(`the NER model gave logits of ${logits!.dims.join(" × ")}`, {
        hint: HINT,
      });
    }
    const shape = { words, maxWidth, labels: labelCount };
    const size = words * maxWidth * labelCount;
    const values = logits!.data as Float32Array;
    return batch.map(({ text, words, prompt }, row) => {
      const spans = scoreSpans(
        values.subarray(row * size, (row + 1) * size),
        shape,
        prompt.wordCount,
        threshold,
      );
      return chooseSpans(spans).map(({ first, last, label, score }) => {
        const start = words[first]!.start;
        const end = words[last]!.end;
        return { text: text.slice(start, end), label: labels[label]!, score, start, end };
      });
    });
  }
}

async function readConfig(path: string): Promise<z.infer<typeof configSchema>> {
  let config;
  try {
    config = configSchema.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch (cause) {
    throw new ModelFileError(`the NER model's configuration ${path} can't be read`, {
      hint: HINT,
      cause,
    });
  }
  const { span_mode: spans, words_splitter_type: splitter, subtoken_pooling: pooling } = config;
  if (spans !== "token_level" && splitter === "whitespace" && pooling === "first") return config;
  throw new ModelFileError(
    `the NER model has span_mode ${spans}, words_splitter_type ${splitter} and subtoken_pooling ` +
      `${pooling}: only span models with words by whitespace and their first subtokens can be used`,
    { hint: "choose a model such as GLiNER multi v2.1" },
  );
}

/** Texts of similar length together, so that little is spent on padding. */
function batchesOf(texts: readonly PreparedText[]): PreparedText[][] {
  const batches: PreparedText[][] = [];
  const length = ({ prompt }: PreparedText) => prompt.ids.length;
  for (const text of texts.toSorted((a, b) => length(a) - length(b))) {
    const last = batches.at(-1);
    const fits = last !== undefined && (last.length + 1) * length(text) <= BATCH_TOKENS;
    if (fits) last.push(text);
    else batches.push([text]);
  }
  return batches;
}
