import type { UsedDevice } from "../onnx/device.ts";
import { textBatches } from "../text_batches.ts";
import { ModelClient, type ModelClientOptions } from "../worker/model_client.ts";
import type { Extraction } from "./entity.ts";
import type { GlinerSettings } from "./gliner_model.ts";
import { cleanLabels, InvalidLabelsError } from "./labels.ts";

/** What is asked of the NER worker. */
export interface NerRequest {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  readonly threshold: number;
}

/** What it answers: what was found in each text, or what is wrong with the labels. */
export type NerAnswer =
  | { readonly extractions: readonly Extraction[] }
  | { readonly invalidLabels: string; readonly hint: string };

/** What the NER worker says of itself. */
export interface AboutNer {
  readonly device: UsedDevice;
}

/** UTF-16 code units of a text that travel to the worker: more than the words it looks at. */
const TEXT_UNITS_MAX = 32_768;
/** For what travels to the worker together: six times what it takes on two cores. */
export const NER_TIMEOUT_MS = 60_000;
/** UTF-16 code units that travel to the worker together, unless one text alone has more. */
const REQUEST_UNITS_MAX = 4_096;

/** Finds named entities, in a worker thread. */
export class NerClient {
  /** What the worker said of itself when it was started. */
  readonly about: AboutNer;
  readonly #client: ModelClient<GlinerSettings, AboutNer, NerRequest, NerAnswer>;

  private constructor(
    client: ModelClient<GlinerSettings, AboutNer, NerRequest, NerAnswer>,
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
      NerAnswer
    >({
      name: "the NER model",
      workerUrl: new URL("./ner_worker.ts", import.meta.url),
      settings,
      timeoutMs: NER_TIMEOUT_MS,
      ...options,
    });
    return new NerClient(client, about);
  }

  /**
   * Finds entities in texts.
   *
   * @param labels what is looked for; those that come twice count once
   * @param threshold lowest score, 0 to 1
   * @throws {InvalidLabelsError} see {@linkcode cleanLabels}; also if they leave no room for a text
   * @throws what {@linkcode ModelClient.ask} throws
   */
  async extract(
    texts: readonly string[],
    labels: readonly string[],
    threshold: number,
  ): Promise<Extraction[]> {
    const wanted = cleanLabels(labels);
    const extractions: Extraction[] = [];
    const limited = texts.map((text) => text.slice(0, TEXT_UNITS_MAX));
    for (const part of textBatches(limited, { unitsMax: REQUEST_UNITS_MAX })) {
      const answer = await this.#client.ask({ texts: part, labels: wanted, threshold });
      if ("invalidLabels" in answer) {
        throw new InvalidLabelsError(answer.invalidLabels, { hint: answer.hint });
      }
      extractions.push(...answer.extractions);
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
