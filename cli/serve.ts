import { join } from "node:path";
import { Ring } from "../collider/ring.ts";
import { returnMemoryEarly } from "../ffi/memory.ts";
import { Guard } from "../gateway/api/security.ts";
import type { Server } from "../gateway/api/server.ts";
import { GatewayError } from "../gateway/event/errors.ts";
import { Log, writeToStandardError } from "../gateway/pipeline/log.ts";
import type { LlmOptions } from "../gateway/pipeline/loaded_models.ts";
import { ModelStore } from "../models/catalogue/model_store.ts";
import { readDocumentSchemas } from "../models/documents/document_schema.ts";
import { httpAddress } from "./address_flags.ts";
import { modelsDirectory } from "./data_directory.ts";
import { DEFAULT_LLM_BASE_URL, embedderChoices } from "./embedder_flags.ts";
import { exposureOf, isLoopback } from "./exposure.ts";
import { readerSettings } from "./ocr_flags.ts";
import { nerOptions } from "./ner_flags.ts";
import type { ServeFlags } from "./serve_flags.ts";

/** After this long a graceful shutdown is given up. */
const SHUTDOWN_TIMEOUT_MS = 9_000;

/**
 * Of two gateways that are started at once, one may get the ring and the other the database: the latter
 * waits until the former, which fails, has let go of the ring.
 */
const RING_LOCK_PATIENCE_MS = 2_000;

/** The flags would put the gateway at risk. */
class UnsafeFlagsError extends GatewayError {
  constructor(problem: string, hint: string) {
    super(problem, { status: 500, code: "unsafe_flags", hint });
  }
}

/** Runs the gateway until it is told to stop. */
export async function runGateway(flags: ServeFlags): Promise<void> {
  const exposure = exposureOf(flags);
  if (exposure !== null) throw new UnsafeFlagsError(exposure.problem, exposure.hint);
  returnMemoryEarly();
  let isDrawing = false;
  const log = new Log({
    level: flags.logLevel,
    format: flags.logFormat,
    // The dashboard has the terminal then, and shows what is logged.
    write: (line) => isDrawing || writeToStandardError(line),
  });
  const dbPath = flags.dbPath ?? join(flags.dataDir, "collider.db");
  const models = new ModelStore(modelsDirectory(flags.dataDir));
  const ner = await nerOptions(flags, models);
  const ocr = await readerSettings(flags, models);
  const embedders = await embedderChoices(flags, models);
  const documentSchemas = flags.documentSchemas === undefined
    ? undefined
    : await readDocumentSchemas(flags.documentSchemas);
  // The ring is opened in a thread of its own, and the pipeline starts others and waits for the
  // disk: the code that comes next is loaded meanwhile.
  const ring = Ring.open({
    path: flags.ringPath,
    capacity: flags.ringCapacity,
    reset: flags.ringReset === true,
    lockPatienceMs: RING_LOCK_PATIENCE_MS,
  });
  ring.catch(() => {}); // the pipeline finds out
  const { Pipeline } = await import("../gateway/pipeline/pipeline.ts");
  const [pipeline, { serve }] = await Promise.all([
    Pipeline.start({
      log,
      ...(ner === undefined ? {} : { ner }),
      exports: {
        secret: flags.exportSecret,
        allowPrivate: flags.allowPrivateWebhooks === true,
      },
      ...(flags.llm ? { llm: llmOptions(flags) } : {}),
      ...(ocr === undefined ? {} : { ocr }),
      ...(documentSchemas === undefined ? {} : { documentSchemas }),
      ...(flags.imageRoot === undefined ? {} : { imageRoot: flags.imageRoot }),
      store: {
        path: dbPath,
        largestEventMb: flags.maxBodyMb,
        queryMemoryMiB: flags.queryMemoryMb,
      },
      embedders,
      ring,
    }),
    import("../gateway/api/server.ts"),
  ]);
  let server;
  try {
    server = serve({
      hostname: flags.host,
      port: flags.port,
      pipeline,
      guard: new Guard({
        token: flags.token,
        isLocal: isLoopback(flags.host),
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
    url: httpAddress(server.hostname, server.port),
    database: dbPath,
    ring: flags.ringPath,
    embedder: pipeline.models.embedder.about.names.join(" or "),
    ...(pipeline.models.embedder.about.device === null
      ? {}
      : { device: pipeline.models.embedder.about.device }),
    documents: ocr === undefined ? "not read: no OCR model is installed" : "read",
    entities: ner === undefined ? "none: no NER model is installed" : ner.labels.join(", "),
  });
  if (flags.tui && hasTerminal()) {
    isDrawing = true;
    try {
      await showDashboard(server, flags, stopping);
    } catch (error) {
      isDrawing = false;
      log.error("the dashboard can't be drawn any more", { reason: (error as Error).message });
      await stopping;
    }
    isDrawing = false;
  } else {
    if (flags.tui) log.info("no dashboard is drawn, because this is no terminal");
    await stopping;
  }
  await server.stop();
  await pipeline.stop();
  log.info("collider has stopped");
}

function hasTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}

/** Draws the dashboard until its user quits, or the gateway is to stop. */
async function showDashboard(
  server: Server,
  { token, theme }: Pick<ServeFlags, "token" | "theme">,
  stopping: Promise<void>,
): Promise<void> {
  const { runDashboard } = await import("../tui/dashboard.ts");
  const { gatewaySource } = await import("../tui/source.ts");
  const ending = new AbortController();
  stopping.then(() => ending.abort());
  const { hostname, port } = server;
  // Asked without a connection.
  const source = gatewaySource(httpAddress(hostname, port), token, server.fetch);
  await runDashboard({ source, theme, signal: ending.signal });
}

function llmOptions(flags: ServeFlags): LlmOptions {
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
