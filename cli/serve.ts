import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { DEFAULT_CAPACITY_FRAMES, defaultRingPath } from "../collider/layout.ts";
import { Guard } from "../gateway/api/security.ts";
import { serve } from "../gateway/api/server.ts";
import { GatewayError } from "../gateway/event/errors.ts";
import { Log, LOG_FORMATS, LOG_LEVELS } from "../gateway/pipeline/log.ts";
import type { LlmOptions } from "../gateway/pipeline/loaded_models.ts";
import { Pipeline } from "../gateway/pipeline/pipeline.ts";
import { ModelStore } from "../models/catalogue/model_store.ts";
import { readDocumentSchemas } from "../models/documents/document_schema.ts";
import { DEVICES } from "../models/onnx/device.ts";
import { dataDirectoryOption, modelsDirectory } from "./data_directory.ts";
import { DEFAULT_LLM_BASE_URL, embedderChoices, embedderOption } from "./embedder_flags.ts";
import { OCR_PIPELINES, readerSettings } from "./ocr_flags.ts";
import { DEFAULT_NER_LABELS, labelList, labelsForType, nerOptions, share } from "./ner_flags.ts";

/** After this long a graceful shutdown is given up. */
const SHUTDOWN_TIMEOUT_MS = 9_000;
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** The flags would put the gateway at risk. */
class UnsafeFlagsError extends GatewayError {
  constructor(problem: string, hint: string) {
    super(problem, { status: 500, code: "unsafe_flags", hint });
  }
}

/** The flags of {@linkcode serveCommand}. */
function flagsCommand() {
  return new Command("serve")
    .description("run the gateway")
    .addOption(
      new Option("--host <address>", "address to listen on").default("127.0.0.1")
        .env("COLLIDER_HOST"),
    )
    .addOption(
      new Option("--port <number>", "port to listen on").default(9382)
        .argParser(integer(0, 65_535)).env("COLLIDER_PORT"),
    )
    .addOption(dataDirectoryOption())
    .addOption(
      new Option("--db-path <path>", "database file, or :memory: (default: in the data folder)")
        .env("COLLIDER_DB_PATH"),
    )
    .addOption(
      new Option("--ring-path <path>", "shared-memory ring").default(defaultRingPath())
        .env("COLLIDER_RING_PATH"),
    )
    .addOption(
      new Option("--ring-capacity <frames>", "frames in the ring, 4,224 bytes each")
        .default(DEFAULT_CAPACITY_FRAMES).argParser(integer(1, 2 ** 31))
        .env("COLLIDER_RING_CAPACITY"),
    )
    .option("--ring-reset", "recreate the ring; its frames are lost, the events are not")
    .addOption(
      new Option("--token <token>", "ask for this bearer token").env("GATEWAY_TOKEN"),
    )
    .option("--insecure", "allow other addresses than loopback without a token")
    .addOption(
      new Option(
        "--webhook-secret <source=secret>",
        "verify Standard Webhooks signatures of POST /ingest?source=<source>; may be repeated",
      ).argParser(webhookSecret),
    )
    .addOption(
      new Option("--export-secret <secret>", "signs exports by Standard Webhooks; whsec_…")
        .env("COLLIDER_EXPORT_SECRET"),
    )
    .option("--allow-private-webhooks", "export to addresses of this machine and its networks, too")
    .addOption(
      new Option("--max-body-mb <megabytes>", "largest request body, and NDJSON line").default(16)
        .argParser(integer(1, 1024)).env("COLLIDER_MAX_BODY_MB"),
    )
    .addOption(embedderOption())
    .addOption(
      new Option("--embedding-model <path>", "ONNX model that embeds: a path or an https address")
        .env("COLLIDER_EMBEDDING_MODEL"),
    )
    .addOption(
      new Option("--tokenizer-model <path>", "its tokenizer.json").env("COLLIDER_TOKENIZER_MODEL"),
    )
    .addOption(
      new Option("--embed-batch-tokens <number>", "tokens that are embedded at once")
        .default(16_384).argParser(integer(1, 1 << 20)).env("COLLIDER_EMBED_BATCH_TOKENS"),
    )
    .addOption(
      new Option("--embed-timeout <seconds>", "for one request to an embedding server")
        .default(10).argParser(integer(1, 600)).env("COLLIDER_EMBED_TIMEOUT"),
    )
    .addOption(
      new Option("--remote-embedding-model <name>", "model of the embedding server")
        .default("text-embedding-bge-m3").env("COLLIDER_REMOTE_EMBEDDING_MODEL"),
    )
    .addOption(
      new Option("--gliner-model <path>", "GLiNER model that finds entities: a path or an address")
        .env("COLLIDER_GLINER_MODEL"),
    )
    .addOption(
      new Option("--gliner-tokenizer <path>", "its tokenizer.json").env(
        "COLLIDER_GLINER_TOKENIZER",
      ),
    )
    .addOption(
      new Option("--gliner-config <path>", "its gliner_config.json").env("COLLIDER_GLINER_CONFIG"),
    )
    .addOption(
      new Option("--ner-labels <labels>", "what is looked for in events, with commas in between")
        .default(labelList(DEFAULT_NER_LABELS), DEFAULT_NER_LABELS).argParser(labelList)
        .env("COLLIDER_NER_LABELS"),
    )
    .addOption(
      new Option(
        "--ner-labels-for <type=labels>",
        "what is looked for in events of one type; may be repeated",
      ).argParser(labelsForType),
    )
    .addOption(
      new Option("--ner-threshold <score>", "lowest score of an entity, 0 to 1").default(0.5)
        .argParser(share).env("COLLIDER_NER_THRESHOLD"),
    )
    .addOption(
      new Option(
        "--ocr-pipeline <pipeline>",
        "how documents are read: legacy = lines; oar-structure = layout and tables too; " +
          "oar-vl = by a vision model (default: what is installed)",
      ).choices(OCR_PIPELINES).env("COLLIDER_OCR_PIPELINE"),
    )
    .addOption(
      new Option("--ocr-det-model <path>", "model that finds lines of text: a path or an address")
        .env("COLLIDER_OCR_DET_MODEL"),
    )
    .addOption(
      new Option("--ocr-rec-model <path>", "model that reads them").env("COLLIDER_OCR_REC_MODEL"),
    )
    .addOption(
      new Option("--ocr-dictionary <path>", "its characters, one a line")
        .env("COLLIDER_OCR_DICTIONARY"),
    )
    .addOption(
      new Option("--ocr-layout-model <path>", "model that finds the parts of a page")
        .env("COLLIDER_OCR_LAYOUT_MODEL"),
    )
    .addOption(
      new Option("--ocr-table-model <path>", "model that finds the cells of tables")
        .env("COLLIDER_OCR_TABLE_MODEL"),
    )
    .addOption(
      new Option("--vision-model <name>", "model of the OpenAI-compatible server for oar-vl")
        .env("COLLIDER_VISION_MODEL"),
    )
    .addOption(
      new Option("--vision-timeout <seconds>", "for one page").default(120)
        .argParser(integer(1, 3_600)).env("COLLIDER_VISION_TIMEOUT"),
    )
    .addOption(
      new Option("--document-schemas <path>", "JSON file with further kinds of documents")
        .env("COLLIDER_DOCUMENT_SCHEMAS"),
    )
    .addOption(
      new Option("--image-root <folder>", "folder below which events may name an image_path")
        .env("COLLIDER_IMAGE_ROOT"),
    )
    .addOption(
      new Option("--device <device>", "what models run on: auto = the best that works")
        .choices(DEVICES).default("auto" as const).env("COLLIDER_DEVICE"),
    )
    .addOption(
      new Option("--inference-threads <number>", "threads of one inference (0 = one per core)")
        .default(0).argParser(integer(0, 1024)).env("COLLIDER_INFERENCE_THREADS"),
    )
    .addOption(
      new Option(
        "--llm-base-url <url>",
        `OpenAI-compatible server that names events and chats (default: ${DEFAULT_LLM_BASE_URL})`,
      ).env("LLM_BASE_URL"),
    )
    .addOption(
      new Option("--llm-model <name>", "its model (default: its first)").env("LLM_MODEL"),
    )
    .addOption(new Option("--llm-api-key <key>", "its API key").env("LLM_API_KEY"))
    .addOption(
      new Option("--llm-rpm <number>", "calls a minute at most to name events").default(30)
        .argParser(integer(1, 100_000)).env("COLLIDER_LLM_RPM"),
    )
    .addOption(
      new Option(
        "--infer-timeout <seconds>",
        "how long the answer to an event without a type waits for its name (0 = not at all)",
      ).default(5).argParser(integer(0, 300)).env("COLLIDER_INFER_TIMEOUT"),
    )
    .option("--keep-reasoning", "keep what the model thought with what it answered")
    .option("--chat-executes", "take the event in that a conversation has filled in")
    .option("--no-llm", "ask no language model")
    .addOption(
      new Option("--log-level <level>", "what is logged").choices(LOG_LEVELS).default("info")
        .env("COLLIDER_LOG_LEVEL"),
    )
    .addOption(
      new Option("--log-format <format>", "how it is logged").choices(LOG_FORMATS)
        .default(Deno.stderr.isTerminal() ? "pretty" : "json").env("COLLIDER_LOG_FORMAT"),
    )
    .option("--no-tui", "log to the terminal instead of drawing on it");
}

type Flags = ReturnType<ReturnType<typeof flagsCommand>["opts"]>;

/** `collider serve`: runs the gateway until it is told to stop. */
export function serveCommand(): Command {
  return flagsCommand().action(run) as unknown as Command;
}

async function run(flags: Flags): Promise<void> {
  if (!LOOPBACK.has(flags.host) && flags.token === undefined && flags.insecure !== true) {
    throw new UnsafeFlagsError(
      `everybody who reaches ${flags.host} could read and write events`,
      "Set --token (or GATEWAY_TOKEN), listen on 127.0.0.1, or insist with --insecure.",
    );
  }
  const log = new Log({ level: flags.logLevel, format: flags.logFormat });
  const dbPath = flags.dbPath ?? join(flags.dataDir, "collider.db");
  const models = new ModelStore(modelsDirectory(flags.dataDir));
  const ner = await nerOptions(flags, models);
  const ocr = await readerSettings(flags, models);
  const pipeline = await Pipeline.start({
    log,
    ...(ner === undefined ? {} : { ner }),
    exports: {
      secret: flags.exportSecret,
      allowPrivate: flags.allowPrivateWebhooks === true,
    },
    ...(flags.llm ? { llm: llmOptions(flags) } : {}),
    ...(ocr === undefined ? {} : { ocr }),
    ...(flags.documentSchemas === undefined
      ? {}
      : { documentSchemas: await readDocumentSchemas(flags.documentSchemas) }),
    ...(flags.imageRoot === undefined ? {} : { imageRoot: flags.imageRoot }),
    store: { path: dbPath },
    embedders: await embedderChoices(flags, models),
    ring: {
      path: flags.ringPath,
      capacity: flags.ringCapacity,
      reset: flags.ringReset === true,
    },
  });
  let server;
  try {
    server = serve({
      hostname: flags.host,
      port: flags.port,
      pipeline,
      guard: new Guard({
        token: flags.token,
        ...(flags.webhookSecret === undefined ? {} : { webhookSecrets: flags.webhookSecret }),
      }),
      maxBodyBytes: flags.maxBodyMb * 1e6,
    });
  } catch (error) {
    await pipeline.stop();
    throw error;
  }
  // Before anybody is told that it runs: they may stop it at once.
  const stopping = stopSignal(log);
  log.info("collider is ready", {
    url: `http://${server.hostname}:${server.port}`,
    database: dbPath,
    ring: flags.ringPath,
    embedder: pipeline.models.embedder.about.names.join(" or "),
    ...(pipeline.models.embedder.about.device === null
      ? {}
      : { device: pipeline.models.embedder.about.device }),
    documents: ocr === undefined ? "not read: no OCR model is installed" : "read",
    entities: ner === undefined ? "none: no NER model is installed" : ner.labels.join(", "),
  });
  await stopping;
  await server.stop();
  await pipeline.stop();
  log.info("collider has stopped");
}

function llmOptions(flags: Flags): LlmOptions {
  const { llmBaseUrl, llmModel, llmApiKey } = flags;
  return {
    baseUrl: llmBaseUrl ?? DEFAULT_LLM_BASE_URL,
    ...(llmModel === undefined ? {} : { model: llmModel }),
    ...(llmApiKey === undefined ? {} : { apiKey: llmApiKey }),
    requestsPerMinute: flags.llmRpm,
    inferTimeoutMs: flags.inferTimeout * 1000,
    keepsReasoning: flags.keepReasoning === true,
    chatExecutes: flags.chatExecutes === true,
  };
}

/** Resolves at the first signal to stop; a second one, or a shutdown that hangs, ends at once. */
function stopSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = () => {
      if (isStopping) Deno.exit(130);
      isStopping = true;
      log.info("stopping; a second signal stops at once");
      const giveUp = setTimeout(() => {
        log.error("the shutdown took too long; what was acknowledged is stored");
        Deno.exit(1);
      }, SHUTDOWN_TIMEOUT_MS);
      Deno.unrefTimer(giveUp);
      resolve();
    };
    Deno.addSignalListener("SIGINT", onSignal);
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal);
  });
}

function integer(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function webhookSecret(text: string, former: Map<string, string> | undefined) {
  const [, source, secret] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (source === undefined || secret === undefined) {
    throw new InvalidArgumentError("It must look like github=whsec_….");
  }
  return new Map(former).set(source, secret);
}
