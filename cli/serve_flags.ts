import { Command, Option } from "@commander-js/extra-typings";
import { DEFAULT_CAPACITY_FRAMES, defaultRingPath } from "../collider/layout.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../gateway/pipeline/log.ts";
import { DEFAULT_BATCH_TOKENS } from "../models/embed_messages.ts";
import { DEVICES } from "../models/onnx/device.ts";
import { hostOption, portOption, tokenOption } from "./address_flags.ts";
import { configOption, dataDirectoryOption } from "./data_directory.ts";
import { DEFAULT_LLM_BASE_URL, embedderOption } from "./embedder_flags.ts";
import { DEFAULT_NER_LABELS, labelList, labelsForType } from "./ner_flags.ts";
import { OCR_PIPELINES } from "./ocr_flags.ts";
import { themeOption } from "./theme_flag.ts";
import { httpUrl, integer, share, signingSecret, webhookSecret } from "./values.ts";

/** What the flags of {@linkcode serveFlags} say. */
export type ServeFlags = ReturnType<ReturnType<typeof serveFlags>["opts"]>;

/** A command with every flag of the gateway, and nothing that it does yet. */
export function serveFlags(name: string) {
  return new Command(name)
    .optionsGroup("Server:")
    .addOption(configOption())
    .addOption(hostOption())
    .addOption(portOption())
    .addOption(
      new Option("--max-body-mb <megabytes>", "largest request body, and NDJSON line").default(16)
        .argParser(integer(1, 1024)),
    )
    .optionsGroup("Dashboard:")
    .option("--no-tui", "log to the terminal instead of drawing on it")
    .addOption(themeOption())
    .optionsGroup("Access:")
    .addOption(tokenOption("ask for this bearer token"))
    .option("--insecure", "allow other addresses than loopback without a token")
    .addOption(
      new Option(
        "--webhook-secret <source=secret>",
        "verify Standard Webhooks signatures of POST /ingest?source=<source>; may be repeated",
      ).argParser(webhookSecret),
    )
    .addOption(
      new Option("--image-root <folder>", "folder below which events may name an image_path"),
    )
    .optionsGroup("Storage:")
    .addOption(dataDirectoryOption())
    .addOption(
      new Option("--db-path <path>", "database file, or :memory: (default: in the data folder)"),
    )
    .addOption(
      new Option("--query-memory-mb <megabytes>", "what queries, searches and large events may use")
        .default(1024).argParser(integer(96, 1 << 20)),
    )
    .optionsGroup("Ring:")
    .addOption(
      new Option("--ring-path <path>", "shared-memory ring").default(defaultRingPath()),
    )
    .addOption(
      new Option("--ring-capacity <frames>", "frames in the ring, 4,224 bytes each")
        .default(DEFAULT_CAPACITY_FRAMES).argParser(integer(1, 2 ** 31)),
    )
    .option("--ring-reset", "recreate the ring; its frames are lost, the events are not")
    .optionsGroup("Exports:")
    .addOption(
      new Option("--export-secret <secret>", "signs exports by Standard Webhooks; whsec_…")
        .argParser(signingSecret),
    )
    .option("--allow-private-webhooks", "export to addresses of this machine and its networks, too")
    .optionsGroup("Embeddings:")
    .addOption(embedderOption())
    .addOption(
      new Option("--embedding-model <path>", "ONNX model that embeds: a path or an https address"),
    )
    .addOption(new Option("--tokenizer-model <path>", "its tokenizer.json"))
    .addOption(
      new Option(
        "--embed-batch-tokens <number>",
        "tokens that are embedded at once, at most; on a processor, 1,024",
      )
        .default(DEFAULT_BATCH_TOKENS).argParser(integer(1, 1 << 20)),
    )
    .addOption(
      new Option("--embed-timeout <seconds>", "for one request to an embedding server")
        // Less than a shutdown may take: it waits for the batches that are under way.
        .default(8).argParser(integer(1, 600)),
    )
    .addOption(
      new Option("--remote-embedding-model <name>", "model of the embedding server")
        .default("text-embedding-bge-m3"),
    )
    .optionsGroup("Entities:")
    .addOption(
      new Option("--gliner-model <path>", "GLiNER model that finds entities: a path or an address"),
    )
    .addOption(new Option("--gliner-tokenizer <path>", "its tokenizer.json"))
    .addOption(new Option("--gliner-config <path>", "its gliner_config.json"))
    .addOption(
      new Option("--ner-labels <labels>", "what is looked for in events, with commas in between")
        .default(labelList(DEFAULT_NER_LABELS), DEFAULT_NER_LABELS).argParser(labelList),
    )
    .addOption(
      new Option(
        "--ner-labels-for <type=labels>",
        "what is looked for in events of one type; may be repeated",
      ).argParser(labelsForType),
    )
    .addOption(
      new Option("--ner-threshold <score>", "lowest score of an entity, 0 to 1").default(0.5)
        .argParser(share),
    )
    .optionsGroup("Documents:")
    .addOption(
      new Option(
        "--ocr-pipeline <pipeline>",
        "how documents are read: legacy = lines; oar-structure = layout and tables too; " +
          "oar-vl = by a vision model (default: what is installed)",
      ).choices(OCR_PIPELINES),
    )
    .addOption(
      new Option("--ocr-det-model <path>", "model that finds lines of text: a path or an address"),
    )
    .addOption(new Option("--ocr-rec-model <path>", "model that reads them"))
    .addOption(new Option("--ocr-dictionary <path>", "its characters, one a line"))
    .addOption(new Option("--ocr-layout-model <path>", "model that finds the parts of a page"))
    .addOption(new Option("--ocr-table-model <path>", "model that finds the cells of tables"))
    .addOption(
      new Option("--vision-model <name>", "model of the OpenAI-compatible server for oar-vl"),
    )
    .addOption(
      new Option("--vision-timeout <seconds>", "for one page").default(120)
        .argParser(integer(1, 3_600)),
    )
    .addOption(
      new Option("--document-schemas <path>", "JSON file with further kinds of documents"),
    )
    .optionsGroup("Inference:")
    .addOption(
      new Option("--device <device>", "what models run on: auto = the best that works")
        .choices(DEVICES).default("auto" as const),
    )
    .addOption(
      new Option("--inference-threads <number>", "threads of one inference (0 = one per core)")
        .default(0).argParser(integer(0, 1024)),
    )
    .optionsGroup("Language model:")
    .addOption(
      new Option(
        "--llm-base-url <url>",
        `OpenAI-compatible server that names events and chats (default: ${DEFAULT_LLM_BASE_URL})`,
      ).argParser(httpUrl),
    )
    .addOption(new Option("--llm-model <name>", "its model (default: its first)"))
    .addOption(new Option("--llm-api-key <key>", "its API key"))
    .addOption(
      new Option("--llm-rpm <number>", "calls a minute at most to name events").default(30)
        .argParser(integer(1, 100_000)),
    )
    .addOption(
      new Option(
        "--infer-timeout <seconds>",
        "how long the answer to an event without a type waits for its name (0 = not at all)",
      ).default(5).argParser(integer(0, 300)),
    )
    .option("--keep-reasoning", "keep what the model thought with what it answered")
    .option("--chat-executes", "take the event in that a conversation has filled in")
    .option("--no-llm", "ask no language model")
    .optionsGroup("Log:")
    .addOption(
      new Option("--log-level <level>", "what is logged").choices(LOG_LEVELS).default("info"),
    )
    .addOption(
      new Option("--log-format <format>", "how it is logged").choices(LOG_FORMATS)
        .default(
          Deno.stderr.isTerminal() ? "pretty" as const : "json" as const,
          "pretty on a terminal, else json",
        ),
    );
}
