import type { Ring } from "../../collider/ring.ts";
import { returnMemory } from "../../ffi/memory.ts";
import type { ChatEngine } from "../../llm/chat/chat_engine.ts";
import { eventFromPayload } from "../event/event.ts";
import type { JsonObject } from "../event/strict_json.ts";
import { formatUuid, NIL_UUID, parseUuid, UuidV7 } from "../event/uuid_v7.ts";
import { type Enrichment, PUBLISH_STAGE } from "../store/rows.ts";
import { Store, type StoreOptions } from "../store/store.ts";
import { createChat } from "./chat.ts";
import { nowUs } from "./clock.ts";
import { Enricher } from "./enricher.ts";
import { EventFeeds } from "./event_feeds.ts";
import { ExportLoop, type ExportOptions } from "./export_loop.ts";
import { Intake } from "./intake.ts";
import { LateNaming } from "./late_naming.ts";
import { LoadedModels, type ModelsOptions } from "./loaded_models.ts";
import { Log } from "./log.ts";
import { Lull } from "./lull.ts";
import { Metrics } from "./metrics.ts";
import { PendingEvents } from "./pending_events.ts";
import { Publisher } from "./publisher.ts";
import { recallKeys, recallKinetics, recordUnrecordedFrames } from "./recall.ts";
import { Schemas } from "./schemas.ts";
import { EventSearch } from "./search.ts";
import { SettingsKeeper } from "./settings.ts";

/** How the pipeline is put together. */
export interface PipelineOptions extends ModelsOptions {
  readonly store: StoreOptions;
  /** Closed by the pipeline, also if it does not start. */
  readonly ring: Promise<Ring>;
  /** How events are handed on to the webhook of the settings. */
  readonly exports?: ExportOptions;
  readonly log?: Log;
}

/** Whether the gateway does its work. */
export interface Readiness {
  readonly ready: boolean;
  /** What is wrong, in words. */
  readonly problems: readonly string[];
}

const HEARTBEAT_INTERVAL_MS = 1_000;
/** After this long, what is in memory and has no frame yet is left to the next start. */
const DRAIN_TIMEOUT_MS = 4_000;
/** How far publication has come is kept after so many frames, so that a restart need not look
 * through everything. */
const CHECKPOINT_FRAMES = 100_000;
const PUBLISHED_THROUGH = "published_through";

/**
 * The way of every event: taken in and stored, learned from, then embedded and published as a frame
 * of the ring. Puts the parts together, starts and stops them.
 */
export class Pipeline {
  readonly metrics: Metrics;
  readonly store: Store;
  readonly schemas: Schemas;
  readonly settings: SettingsKeeper;
  readonly ring: Ring;
  readonly log: Log;
  /** What takes events in. */
  readonly intake: Intake;
  /** Conversations; null without a language model. */
  readonly chat: ChatEngine | null;
  /** What hands events on to the webhook. */
  readonly exports: ExportLoop;
  readonly models: LoadedModels;
  /** Finds events by what they mean and say. */
  readonly search: EventSearch;
  /** What has just been published. */
  readonly feeds: EventFeeds;
  readonly #storedAtStart: number;
  readonly #publishedBeforeId: string | null;
  readonly #pending: PendingEvents;
  readonly #lateNaming: LateNaming | null;
  readonly #enricher: Enricher;
  readonly #publisher: Publisher;
  readonly #publishing: Promise<void>;
  readonly #populating: Promise<void>;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  /** What a burst leaves behind in memory would stay. */
  readonly #lull = new Lull(() => void this.#returnMemory());
  #framesAtCheckpoint = 0;
  #isStopping = false;

  private constructor(parts: {
    intake: Intake;
    metrics: Metrics;
    store: Store;
    schemas: Schemas;
    settings: SettingsKeeper;
    ring: Ring;
    log: Log;
    models: LoadedModels;
    feeds: EventFeeds;
    options: PipelineOptions;
    storedAtStart: number;
    /** As far as is known without looking: a crash forgets the newest. */
    publishedBeforeId: string | null;
    pending: PendingEvents;
    lateNaming: LateNaming | null;
    enricher: Enricher;
    publisher: Publisher;
  }) {
    this.intake = parts.intake;
    this.metrics = parts.metrics;
    this.store = parts.store;
    this.schemas = parts.schemas;
    this.settings = parts.settings;
    this.ring = parts.ring;
    this.log = parts.log;
    this.models = parts.models;
    this.feeds = parts.feeds;
    this.search = new EventSearch({
      store: parts.store,
      ring: parts.ring.mapping,
      embedder: parts.models.embedder,
      schemas: parts.schemas.registry,
    });
    const { llm, exports = {} } = parts.options;
    this.chat = parts.models.llm === null ? null : createChat({
      model: parts.models.llm,
      store: parts.store,
      registry: parts.schemas.registry,
      embed: (texts) => parts.models.embedder.vectors(texts),
      search: this.search,
      ...(llm!.chatExecutes ? { ingest: (event) => this.#ingest(event) } : {}),
    });
    this.#storedAtStart = parts.storedAtStart;
    this.#publishedBeforeId = parts.publishedBeforeId;
    this.#pending = parts.pending;
    this.#lateNaming = parts.lateNaming;
    this.#enricher = parts.enricher;
    this.#publisher = parts.publisher;
    this.#publishing = parts.publisher.run();
    this.exports = this.#startExports(exports);
    this.#populating = parts.ring.mapping.populate();
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_INTERVAL_MS);
    this.#beat();
    this.#measure();
  }

  /**
   * Opens the store, remembers what was before, and begins to publish what has no frame yet.
   *
   * @throws {DatabaseOpenError} if the store can't be opened
   * @throws what opening the ring throws
   * @throws {ModelError} if the embedder can't be started
   */
  static async start(options: PipelineOptions): Promise<Pipeline> {
    await using undo = new AsyncDisposableStack();
    const log = options.log ?? new Log();
    const metrics = new Metrics();
    const openingRing = openBeside(undo, options.ring);
    const openingStore = openBeside(
      undo,
      Store.open({
        ...options.store,
        onCommit: ({ durationMs }) => metrics.observe("commit", durationMs),
      }),
    );
    const ring = await openingRing;
    const loadingModels = openBeside(undo, LoadedModels.load(options, { ring, metrics, log }));

    const store = await openingStore;
    const schemas = await Schemas.load(store);
    const idempotency = await recallKeys(store);
    const throughId = (await store.loadConfig()).get(PUBLISHED_THROUGH) ?? NIL_UUID;
    await recordUnrecordedFrames(store, ring, throughId);
    const lastId = await store.lastEventId();
    const models = await loadingModels;
    const pending = new PendingEvents({
      store,
      through: parseUuid(throughId)!,
      measure: (event) => schemas.registry.measure(event.type, event.payload),
      onUnreadable: (id, cause) => {
        const error = (cause as Error).message;
        log.error("an event can't be read back and gets no frame", { id: formatUuid(id), error });
        store.appendEnrichments([unpublishable(id, error)]);
      },
      onReadFailure: (cause) => {
        const reason = (cause as Error).message.split("\n", 1)[0]!;
        log.warn("the store can't be read; frames wait for it", { reason });
      },
    });
    const record = (rows: readonly Enrichment[]) => store.appendEnrichments(rows);
    const naming = models.naming(schemas);
    const isModelLeftOut = () => models.llm?.isLeftOut === true;
    const lateNaming = naming === null
      ? null
      : new LateNaming({ store, naming, isModelLeftOut, metrics, log });
    undo.defer(() => lateNaming?.stop());
    const enricher = new Enricher({
      pending,
      stages: models.stages(naming),
      metrics,
      log,
      record: (rows) => {
        record(rows);
        lateNaming?.notice(rows);
      },
    });
    const feeds = new EventFeeds((events) => metrics.countDroppedFromFeeds(events));
    const publisher = new Publisher({
      pending: enricher,
      ring,
      kinetics: await recallKinetics(store, throughId),
      embedder: models.embedder,
      classifier: () => models.classifier,
      metrics,
      log,
      announce: (events, firstFrameId) => feeds.publish(events, firstFrameId),
      record,
    });
    const pipeline = new Pipeline({
      intake: new Intake({
        ids: new UuidV7(lastId === null ? {} : { after: parseUuid(lastId)! }),
        store,
        schemas,
        pending,
        idempotency,
        metrics,
        namer: naming?.namer ?? null,
        inferTimeoutMs: options.llm?.inferTimeoutMs ?? 0,
        canPublish: () => publisher.failure === null,
      }),
      metrics,
      store,
      schemas,
      settings: await SettingsKeeper.load(store),
      ring,
      log,
      models,
      feeds,
      options,
      storedAtStart: await store.countEvents(),
      publishedBeforeId: throughId === NIL_UUID ? null : throughId,
      pending,
      lateNaming,
      enricher,
      publisher,
    });
    undo.move();
    return pipeline;
  }

  async #ingest(payload: JsonObject): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(payload));
    await this.intake.accept(eventFromPayload(payload, bytes, { receivedUs: nowUs() }));
  }

  /** Events in the store. */
  get eventsStored(): number {
    return this.#storedAtStart + this.metrics.ingested;
  }

  /** The newest event whose frame, and those of all before it, are in the ring; null = none yet. */
  get lastPublishedId(): string | null {
    const id = this.#publisher.lastEventId;
    return id === null ? this.#publishedBeforeId : formatUuid(id);
  }

  /** Stored events in memory that wait for their frame. */
  get pendingEvents(): number {
    return this.#pending.size;
  }

  /** Whether more events wait for their frame in the store than fit in memory. */
  get hasPendingInStore(): boolean {
    return this.#pending.isBehind;
  }

  /** Whether store and ring take writes. */
  async readiness(): Promise<Readiness> {
    await this.store.probe();
    const problems: string[] = [];
    if (this.#isStopping) problems.push("the gateway is stopping");
    if (this.store.failure !== null) problems.push(this.store.failure.message);
    if (this.#publisher.failure !== null) {
      problems.push(`no frames can be published: ${this.#publisher.failure.message}`);
    }
    return { ready: problems.length === 0, problems };
  }

  /**
   * Stores and publishes what was accepted, then closes everything. What waits in the store for its
   * frame gets it after the next start.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#heartbeat);
    this.#pending.close();
    const giveUp = setTimeout(() => {
      this.#pending.drop();
      this.#enricher.drop();
    }, DRAIN_TIMEOUT_MS);
    await this.exports.stop();
    await this.#lateNaming?.stop();
    await this.#publishing;
    clearTimeout(giveUp);
    await this.search.close();
    await this.models.close();
    await this.#keepCheckpoint();
    await this.schemas.close();
    await this.store.close();
    await this.#populating;
    this.ring.close();
  }

  #startExports(options: ExportOptions): ExportLoop {
    const { store, settings, schemas, log } = this;
    return new ExportLoop({
      store: store.exports,
      settings: () => settings.current,
      registry: schemas.registry,
      throughId: () => this.lastPublishedId,
      onGone: (url) => {
        log.warn("the webhook is gone and is not used any more", { host: new URL(url).host });
        if (settings.current.webhook_url === url) settings.change({ webhook_url: null });
      },
      log,
    }, options);
  }

  #beat(): void {
    this.ring.mapping.heartbeat(nowUs());
    void this.store.checkFile();
    this.#lull.look(this.metrics.ingested + this.ring.framesWritten);
    if (this.ring.framesWritten - this.#framesAtCheckpoint < CHECKPOINT_FRAMES) return;
    this.#keepCheckpoint();
  }

  async #returnMemory(): Promise<void> {
    await this.store.shrink().catch(() => {}); // A database that fails is noticed elsewhere.
    await returnMemory();
  }

  async #keepCheckpoint(): Promise<void> {
    const id = this.lastPublishedId;
    if (id === null) return;
    this.#framesAtCheckpoint = this.ring.framesWritten;
    try {
      // The mark must not come before the records of what it covers.
      await this.store.flushEnrichments();
      await this.store.saveConfig(new Map([[PUBLISHED_THROUGH, id]]));
    } catch (cause) {
      // The former one still holds; a restart looks through more events.
      this.log.debug("how far publication has come was not kept", {
        reason: (cause as Error).message,
      });
    }
  }

  #measure(): void {
    const { metrics, ring, store, schemas } = this;
    metrics.gauge(
      "store_queued_events",
      "Events that wait for their commit.",
      () => store.queuedEvents,
    );
    metrics.gauge(
      "pending_events",
      "Stored events in memory that wait for their frame.",
      () => this.pendingEvents,
    );
    metrics.gauge(
      "pending_in_store",
      "1 while more events wait for their frame in the store than fit in memory.",
      () => Number(this.hasPendingInStore),
    );
    metrics.gauge(
      "ring_frames_written",
      "Frames published since the start.",
      () => ring.framesWritten,
    );
    metrics.gauge("ring_head", "Frames ever published.", () => ring.mapping.head);
    metrics.gauge("ring_tail", "Oldest readable frame.", () => ring.mapping.tail);
    metrics.gauge("ring_capacity_frames", "Frames in the ring.", () => ring.mapping.capacity);
    const { names, device } = this.models.embedder.about;
    metrics.info("embedder", "What embeds, and on what.", {
      embedder: names[0]!,
      device: device ?? "",
    });
    metrics.gauge("feed_subscribers", "Clients that follow events live.", () => this.feeds.size);
    metrics.gauge(
      "webhook_circuit_open",
      "1 while nothing is delivered to the webhook, because it has failed or asked for a pause.",
      () => Number(this.exports.exporter.health?.circuit === "open"),
    );
    metrics.gauge("schemas_learned", "Event types known.", () => schemas.registry.size);
  }
}

/** Lets something open beside what follows, which closes it again if it fails. */
function openBeside<T extends { close(): Promise<void> | void }>(
  undo: AsyncDisposableStack,
  opening: Promise<T>,
): Promise<T> {
  undo.defer(() => opening.then((opened) => opened.close(), () => {}));
  // Its failure counts when it is waited for.
  opening.catch(() => {});
  return opening;
}

function unpublishable(eventId: Uint8Array, error: string): Enrichment {
  return {
    eventIds: [eventId],
    doneUs: nowUs(),
    stage: PUBLISH_STAGE,
    frameId: null,
    ringGeneration: null,
    result: null,
    error,
  };
}
