import { EMBEDDER } from "../../collider/layout.ts";
import type { Ring } from "../../collider/ring.ts";
import type { ChatModel } from "../../llm/chat_model.ts";
import type { OpenAiChat, OpenAiChatOptions } from "../../llm/openai_client.ts";
import { AnchorClassifier } from "../../llm/sentiment.ts";
import { GENERIC_TYPE, TypeInference } from "../../llm/type_inference.ts";
import { DOCUMENT_SCHEMAS, type DocumentSchema } from "../../models/documents/document_schema.ts";
import type { FieldFinders } from "../../models/documents/extract_fields.ts";
import { EmbedClient } from "../../models/embed_client.ts";
import type { EmbedderChoice } from "../../models/embed_messages.ts";
import type { ModelError } from "../../models/errors.ts";
import type { GlinerSettings } from "../../models/ner/gliner_model.ts";
import { NerClient } from "../../models/ner/ner_client.ts";
import type { ReaderSettings } from "../../models/ocr/document_reader.ts";
import { OcrClient } from "../../models/ocr/ocr_client.ts";
import type { ModelState } from "../../models/worker/model_client.ts";
import { SYSTEM_CONFIG, UNKNOWN_EVENT } from "../event/event.ts";
import { GENERAL_MEMBERS } from "../event/event_members.ts";
import type { EnrichmentStage } from "./enricher.ts";
import type { EventNaming } from "./event_naming.ts";
import { ImageRoot } from "./image_root.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { type EntityExtractor, type NerOptions, NerStage } from "./ner_stage.ts";
import { OcrStage } from "./ocr_stage.ts";
import type { Schemas } from "./schemas.ts";
import { TypeNamer } from "./type_namer.ts";
import { TypeStage } from "./type_stage.ts";

/** Which models are used, and how. */
export interface ModelsOptions {
  /** The first that works embeds. @default the hashing embedder */
  readonly embedders?: readonly EmbedderChoice[];
  /** What finds entities; without it, none are looked for. */
  readonly ner?: { readonly model: GlinerSettings } & NerOptions;
  /** What reads documents; without it, none are read. */
  readonly ocr?: ReaderSettings;
  /** Kinds of documents beside those that are known anyway. */
  readonly documentSchemas?: readonly DocumentSchema[];
  /** Folder below which events may name images. */
  readonly imageRoot?: string;
  /** What names events that come without a type, and converses. */
  readonly llm?: LlmOptions;
}

/** How a language model is used. */
export interface LlmOptions extends Omit<OpenAiChatOptions, "onCall"> {
  /** Calls for types at most. */
  readonly requestsPerMinute: number;
  /** How long the answer to an event without a type waits for its name, ms; 0 = not at all. */
  readonly inferTimeoutMs: number;
  /** Whether what the model thought is kept. */
  readonly keepsReasoning: boolean;
  /** Whether the event that a conversation has filled in is taken in. */
  readonly chatExecutes: boolean;
}

/** The models of a running gateway: each in a thread of its own, or on a server. */
export class LoadedModels {
  readonly embedder: EmbedClient;
  /** What finds entities, and which; null if nothing does. */
  readonly ner: { readonly extractor: EntityExtractor; readonly options: NerOptions } | null;
  /** What reads documents; null if nothing does. */
  readonly ocr: OcrClient | null;
  /** Null without a language model. */
  readonly llm: OpenAiChat | null;
  readonly images: ImageRoot;
  readonly #options: ModelsOptions;
  readonly #resources: AsyncDisposableStack;
  #classifier: AnchorClassifier | null = null;

  private constructor(
    options: ModelsOptions,
    parts: Pick<LoadedModels, "embedder" | "ner" | "ocr" | "llm">,
    resources: AsyncDisposableStack,
  ) {
    this.#options = options;
    this.embedder = parts.embedder;
    this.ner = parts.ner;
    this.ocr = parts.ocr;
    this.llm = parts.llm;
    this.images = new ImageRoot(options.imageRoot ?? null);
    this.#resources = resources;
  }

  /**
   * Loads what is configured.
   *
   * @throws {ModelError} if a model can't be started
   */
  static async load(
    options: ModelsOptions,
    { ring, metrics, log }: { ring: Ring; metrics: Metrics; log: Log },
  ): Promise<LoadedModels> {
    await using resources = new AsyncDisposableStack();
    const closing = <T extends { close(): Promise<void> }>(client: T): T =>
      resources.adopt(client, () => client.close());
    const watched = (model: string) => ({ onState: stateWatcher(model, { metrics, log }) });
    const [embedder, llm] = await Promise.all([
      EmbedClient.start({
        ...watched("embedder"),
        ring: ring.mapping,
        ...(options.embedders === undefined ? {} : { choices: options.embedders }),
      }).then(closing),
      openChat(options.llm, metrics),
    ]);
    for (const reason of embedder.about.problems) log.warn("an embedder is left out", { reason });
    const ner = options.ner === undefined ? null : {
      extractor: closing(await NerClient.start(options.ner.model, watched("ner"))),
      options: options.ner,
    };
    const ocr = options.ocr === undefined
      ? null
      : closing(await OcrClient.start(options.ocr, watched("ocr")));
    const models = new LoadedModels(options, { embedder, ner, ocr, llm }, resources.move());
    models.#learnAnchors(log);
    return models;
  }

  /** Tells what messages mean by their embeddings; null if it can't, or not yet. */
  get classifier(): AnchorClassifier | null {
    return this.#classifier;
  }

  /** How events get their names; null without a language model. */
  naming(schemas: Schemas): EventNaming | null {
    if (this.llm === null) return null;
    const { registry } = schemas;
    const { requestsPerMinute, keepsReasoning } = this.#options.llm!;
    const inference = new TypeInference({
      model: this.llm,
      learnedType: (fields) => registry.typeWithFields(fields, [UNKNOWN_EVENT, GENERIC_TYPE]),
      generalMembers: GENERAL_MEMBERS,
      reservedTypes: [UNKNOWN_EVENT, SYSTEM_CONFIG],
      requestsPerMinute,
    });
    return {
      namer: new TypeNamer(inference),
      learn: (event) => schemas.learnNamed(event),
      keepsReasoning,
    };
  }

  /** What is done with events before they are embedded, in this order. */
  stages(naming: EventNaming | null): EnrichmentStage[] {
    const { ner, ocr, llm, images } = this;
    const stages: EnrichmentStage[] = [];
    if (ocr !== null) {
      stages.push(
        new OcrStage(ocr, images, {
          schemas: [...this.#options.documentSchemas ?? [], ...DOCUMENT_SCHEMAS],
          ...(ner === null ? {} : { extract: ner.extractor.extract.bind(ner.extractor) }),
          ...(llm === null ? {} : { ask: askFor(llm) }),
        }),
      );
    }
    if (naming !== null) stages.push(new TypeStage(naming));
    if (ner !== null) stages.push(new NerStage(ner.extractor, ner.options));
    return stages;
  }

  /** @throws {ModelStuckError} if one can't be kept from writing to the ring */
  close(): Promise<void> {
    return this.#resources.disposeAsync();
  }

  /** Beside the start: a large model takes seconds for the known texts. */
  async #learnAnchors(log: Log): Promise<void> {
    if (this.embedder.about.device === null) return;
    try {
      const classifier = await AnchorClassifier.open((texts) => this.embedder.vectors(texts));
      if (classifier.embedder === EMBEDDER.onnx) this.#classifier = classifier;
      else log.warn("messages are not classified", { reason: "the ONNX model did not embed" });
    } catch (cause) {
      log.warn("messages are not classified", { reason: (cause as Error).message });
    }
  }
}

/** @returns null if none is configured */
async function openChat(
  options: LlmOptions | undefined,
  metrics: Metrics,
): Promise<OpenAiChat | null> {
  if (options === undefined) return null;
  // Not loaded before it is needed: it takes 60 ms.
  const { OpenAiChat } = await import("../../llm/openai_client.ts");
  return new OpenAiChat({ ...options, onCall: (call) => metrics.countLlmCall(call) });
}

/** Says in the log and in the metrics whether a model works. */
function stateWatcher(
  model: string,
  { metrics, log }: { metrics: Metrics; log: Log },
): (state: ModelState, cause: ModelError | null) => void {
  metrics.modelUp.set({ model }, 1);
  return (state, cause) => {
    metrics.modelUp.set({ model }, Number(state === "working"));
    const reason = cause?.message ?? "";
    if (state === "working") log.info("a model works again", { model });
    else if (state === "restarting") log.warn("a model failed and is restarted", { model, reason });
    else log.error("a model fails again and again", { model, reason });
  };
}

/** Asks a language model for an object of a JSON Schema. */
function askFor(llm: ChatModel): NonNullable<FieldFinders["ask"]> {
  return async (prompt, schema) => {
    const { json = {} } = await llm.complete({
      messages: [{ role: "user", content: prompt }],
      answerSchema: { name: "fields", schema },
      priority: "background",
    });
    return json;
  };
}
