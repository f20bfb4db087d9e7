import { ModelError } from "../errors.ts";
import type { UsedDevice } from "../onnx/device.ts";
import { ModelClient, type ModelClientOptions } from "../worker/model_client.ts";
import type { Extraction } from "./entity.ts";
import type { GlinerSettings } from "./gliner_model.ts";

/** What is asked of the NER worker. */
export interface NerRequest {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  readonly threshold: number;
}

/** What the NER worker says of itself. */
export interface AboutNer {
  readonly device: UsedDevice;
}

/** The labels are none that a model could look for. */
export class InvalidLabelsError extends ModelError {}

/** Labels at most: each takes room in every prompt. */
export const LABELS_MAX = 100;
/** UTF-16 code units of all labels: so many tokens at most, but for rare ligatures. */
const LABELS_UNITS_MAX = 1_000;
/** UTF-16 code units of a text that travel to the worker: more than the words it looks at. */
const TEXT_UNITS_MAX = 32_768;
/**
 * UTF-16 code units that travel to the worker together, unless one text alone has more: so few that
 * it answers within its time limit on two cores.
 */
const REQUEST_UNITS_MAX = 4_096;

/** Finds named entities, in a worker thread. */
export class NerClient {
  /** What the worker said of itself when it was started. */
  readonly about: AboutNer;
  readonly #client: ModelClient<GlinerSettings, AboutNer, NerRequest, Extraction[]>;

  private constructor(
    client: ModelClient<GlinerSettings, AboutNer, NerRequest, Extraction[]>,
    about: AboutNer,
  ) {
    this.#client = client;
    this.about = about;
  }

  /**
   * Starts the worker and waits until its model is loaded.
   *
   * @throws what {@linkcode ModelClient.start} throws
   */
  static async start(
    settings: GlinerSettings,
    options: Partial<ModelClientOptions<GlinerSettings>> = {},
  ): Promise<NerClient> {
    const { client, about } = await ModelClient.start<
      GlinerSettings,
      AboutNer,
      NerRequest,
      Extraction[]
    >({
      name: "the NER model",
      workerUrl: new URL("./ner_worker.ts", import.meta.url),
      settings,
      ...options,
    });
    return new NerClient(client, about);
  }

  /**
   * Finds entities in texts.
   *
   * @param labels what is looked for; those that come twice count once
   * @param threshold lowest score, 0 to 1
   * @throws {InvalidLabelsError} see {@linkcode cleanLabels}
   * @throws what {@linkcode ModelClient.ask} throws
   */
  async extract(
    texts: readonly string[],
    labels: readonly string[],
    threshold: number,
  ): Promise<Extraction[]> {
    const wanted = cleanLabels(labels);
    const extractions: Extraction[] = [];
    for (const part of partsOf(texts.map((text) => text.slice(0, TEXT_UNITS_MAX)))) {
      extractions.push(...await this.#client.ask({ texts: part, labels: wanted, threshold }));
    }
    return extractions.map((extraction, i) => ({
      ...extraction,
      isTruncated: extraction.isTruncated || texts[i]!.length > TEXT_UNITS_MAX,
    }));
  }

  /** See {@linkcode ModelClient.close}. */
  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Cuts a list of texts into what the worker is asked at once. */
function partsOf(texts: readonly string[]): string[][] {
  const parts: string[][] = [];
  let units = Infinity;
  for (const text of texts) {
    units += text.length;
    if (units > REQUEST_UNITS_MAX) {
      parts.push([]);
      units = text.length;
    }
    parts.at(-1)!.push(text);
  }
  return parts;
}

/**
 * Labels without those that come twice, in their order.
 *
 * @throws {InvalidLabelsError} if there are too many, they are too long together, or one is empty or
 *   has the marks of a prompt
 */
export function cleanLabels(labels: readonly string[]): string[] {
  const cleaned = [...new Set(labels.map((label) => label.trim()))];
  const problem = cleaned.length > LABELS_MAX
    ? `${cleaned.length} labels are more than ${LABELS_MAX}`
    : cleaned.includes("")
    ? "a label is empty"
    : cleaned.join("").length > LABELS_UNITS_MAX
    ? `the labels have more than ${LABELS_UNITS_MAX} characters`
    : cleaned.some((label) => label.includes("<<"))
    ? "a label has <<, which stands between the labels of a prompt"
    : null;
  if (problem === null) return cleaned;
  throw new InvalidLabelsError(problem, { hint: "give a few short labels, such as person, date" });
}
