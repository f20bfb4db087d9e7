import type { Arrival, Kinetics } from "../../collider/kinetics.ts";
import { EMBEDDER, EMBEDDING_DIMENSIONS } from "../../collider/layout.ts";
import type { Ring } from "../../collider/ring.ts";
import { SlotWriter } from "../../collider/slot_writer.ts";
import type { EmbedResult } from "../../models/embed_messages.ts";
import { ModelStuckError } from "../../models/errors.ts";
import type { AnchorClassifier, Classification } from "../../llm/sentiment.ts";
import type { GatewayEvent } from "../event/event.ts";
import { eventText } from "../event/event_text.ts";
import { TimeSlices } from "../export/time_slices.ts";
import { type Enrichment, PUBLISH_STAGE } from "../store/rows.ts";
import { CircuitBreaker } from "../../models/circuit_breaker.ts";
import { nowUs } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { PendingEvent, PendingEvents } from "./pending_events.ts";

/** Embeds texts into the slots of consecutive frames: an `EmbedClient`. */
export interface BatchEmbedder {
  embed(firstFrameId: number, texts: readonly string[]): Promise<EmbedResult>;
}

/** What the publisher works with. */
export interface PublisherParts {
  readonly pending: Pick<PendingEvents, "take">;
  readonly ring: Ring;
  readonly kinetics: Kinetics;
  readonly embedder: BatchEmbedder;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Tells what messages mean by their embeddings; null until it can. */
  readonly classifier: () => Pick<AnchorClassifier, "classify"> | null;
  /** Is told of events whose frames have just been published. */
  readonly announce: (events: readonly PendingEvent[], firstFrameId: number) => void;
  /** Keeps what became of the events. */
  readonly record: (rows: readonly Enrichment[]) => void;
}

/** Events in one batch: enough to make a message between threads cheap, few enough to be quick. */
const MAX_BATCH_EVENTS = 256;
/** While one batch is embedded, the next is made ready. */
const MAX_BATCHES_IN_FLIGHT = 3;
/** About how long the embedder works on a batch: its first event waits for its last one. */
const BATCH_DURATION_MS = 500;

interface Batch {
  readonly events: readonly PendingEvent[];
  readonly arrivals: readonly Arrival[];
  readonly firstFrameId: number;
}

/** What became of a batch's embeddings. */
interface EmbeddedBatch extends Pick<EmbedResult, "boosts" | "codes" | "notes"> {
  /** Why there are none. */
  readonly error: string | null;
}

/**
 * Turns stored events into frames, in the order of their ids: takes them in batches, reserves their
 * slots, has them embedded there, writes what else a frame says and gives the frames to the readers.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #slots: SlotWriter;
  readonly #breaker = new CircuitBreaker();
  readonly #maxBatch: number;
  /** As many events as the embedder does in the time for a batch. */
  #batchEvents = MAX_BATCH_EVENTS;
  /** Whether another embedder stands in for the one that should embed. */
  #isReplaced = false;
  #inFlight = 0;
  #landed: (() => void) | null = null;
  /** Settles when the newest batch is published: batches are published one after the other. */
  #lastPublication: Promise<void> = Promise.resolve();
  #lastEventId: Uint8Array | null = null;
  #failure: Error | null = null;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#slots = new SlotWriter(parts.ring.mapping.buffer, parts.ring.mapping.capacity);
    const share = Math.floor(parts.ring.maxReserved / MAX_BATCHES_IN_FLIGHT);
    this.#maxBatch = Math.min(MAX_BATCH_EVENTS, Math.max(1, share));
  }

  /** Why frames can't be published any more; null while they can. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** The newest event whose frame, and those of all before it, are in the ring. */
  get lastEventId(): Uint8Array | null {
    return this.#lastEventId;
  }

  /** Works until the pending events are closed and those in memory are published. */
  async run(): Promise<void> {
    const { pending } = this.#parts;
    try {
      while (true) {
        const events = await pending.take(Math.min(this.#maxBatch, this.#batchEvents));
        if (events.length === 0) break;
        while (this.#inFlight > 0 && !this.#hasRoomFor(events.length)) {
          await new Promise<void>((resolve) => this.#landed = resolve);
        }
        if (this.#failure !== null) break;
        const batch = this.#begin(events);
        this.#inFlight++;
        this.#lastPublication = this.#publishAfter(this.#lastPublication, batch)
          .catch((cause) => this.#fail(cause))
          .finally(() => {
            this.#inFlight--;
            this.#landed?.();
          });
      }
    } catch (cause) {
      this.#fail(cause);
    }
    await this.#lastPublication;
  }

  /** Tells it at once: the next events may be long in coming. */
  #fail(cause: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = cause as Error;
    const { ring, log } = this.#parts;
    log.error("no frames can be published any more; restart the gateway", {
      reason: this.#failure.message,
      head: ring.mapping.head,
    });
  }

  #hasRoomFor(count: number): boolean {
    const { ring } = this.#parts;
    return this.#inFlight < MAX_BATCHES_IN_FLIGHT && ring.reserved + count <= ring.maxReserved;
  }

  #begin(events: readonly PendingEvent[]): Batch {
    const { kinetics, ring } = this.#parts;
    return {
      events,
      arrivals: events.map(({ event }) => kinetics.arrive(event.conversationId, event.receivedUs)),
      firstFrameId: ring.reserve(events.length),
    };
  }

  async #publishAfter(previous: Promise<void>, batch: Batch): Promise<void> {
    const embedding = this.#embed(batch);
    // Its failure counts when its turn has come; until then nobody else looks at it.
    embedding.catch(() => {});
    await previous;
    if (this.#failure !== null) return;
    const embedded = await embedding;
    this.#publish(batch, embedded, await this.#classify(batch, embedded));
  }

  /** Has the batch embedded; without an embedder its frames get none. */
  async #embed(batch: Batch): Promise<EmbeddedBatch> {
    const { embedder, metrics, log } = this.#parts;
    let error = "the embedder failed repeatedly and is left out for a while";
    if (this.#breaker.allows(performance.now())) {
      try {
        const texts = batch.events.map(({ event, text }) => text ?? eventText(event));
        const { boosts, codes, notes, zeroCopyVectors, durationMs, problem } = await embedder
          .embed(batch.firstFrameId, texts);
        this.#breaker.succeed();
        this.#tellReplacement(problem);
        metrics.observe("embed", durationMs);
        this.#batchEvents = Math.ceil(BATCH_DURATION_MS / (durationMs / texts.length));
        metrics.countEmbeddings(codes, zeroCopyVectors);
        return { boosts, codes, notes, error: null };
      } catch (cause) {
        if (cause instanceof ModelStuckError) throw cause;
        this.#breaker.fail(performance.now());
        error = (cause as Error).message;
        log.warn("events are published without embeddings", { reason: error });
      }
    }
    metrics.embeddingsFailed.inc(batch.events.length);
    for (let i = 0; i < batch.events.length; i++) this.#slots.clear(batch.firstFrameId + i);
    const { length } = batch.events;
    return {
      boosts: new Float32Array(length),
      codes: new Uint8Array(length),
      notes: undefined,
      error,
    };
  }

  /** Tells it when another embedder begins to stand in for the one that should embed, and ends. */
  #tellReplacement(problem: string | undefined): void {
    const { log } = this.#parts;
    if (this.#isReplaced === (problem !== undefined)) return;
    this.#isReplaced = problem !== undefined;
    if (problem === undefined) log.info("the embedder that should embed works again");
    else log.warn("another embedder stands in for the one that should embed", { reason: problem });
  }

  #publish(
    { events, arrivals, firstFrameId }: Batch,
    { boosts, notes, error }: EmbeddedBatch,
    understood: ReadonlyMap<number, Classification>,
  ): void {
    const { ring, kinetics, metrics, announce, record } = this.#parts;
    const publishedUs = nowUs();
    for (let i = 0; i < events.length; i++) {
      const { event, learned } = events[i]!;
      const meaning = understood.get(i);
      const arrival = arrivals[i]!;
      const durationMs = (publishedUs - event.receivedUs) / 1000;
      ring.write(firstFrameId + i, {
        deltaTime: arrival.deltaTime,
        durationMs,
        velocity: arrival.velocity + boosts[i]!,
        interrupt: arrival.interrupt,
        timestampUs: event.receivedUs,
        conversationHash: arrival.conversationHash,
        workflowNode: event.workflowNode,
        caseStatus: event.caseStatus,
        leadStatus: event.leadStatus,
        fillRate: learned.fillRate,
        actorType: event.actorType,
        intentId: learned.intentId,
        sentiment: meaning?.sentiment ?? event.sentiment,
        confidence: meaning?.confidence ?? event.confidence,
        eventId: event.id,
      });
      metrics.observe("publish", durationMs);
    }
    ring.publish(firstFrameId, events.length);
    for (const arrival of arrivals) kinetics.publish(arrival, publishedUs);
    this.#lastEventId = events.at(-1)!.event.id;
    announce(events, firstFrameId);
    const results = events.map((_, i) => {
      const note = { ...notes?.get(i), ...understood.get(i) };
      return isEmpty(note) ? null : JSON.stringify(note);
    });
    record(
      runsOf(results).map(({ start, end }): Enrichment => ({
        eventIds: events.slice(start, end).map(({ event }) => event.id),
        doneUs: publishedUs,
        stage: PUBLISH_STAGE,
        frameId: firstFrameId + start,
        ringGeneration: ring.mapping.generation,
        result: results[start]!,
        error,
      })),
    );
  }

  /** What those messages mean whose senders do not say it, and no language model was asked. */
  async #classify(
    { events, firstFrameId }: Batch,
    { codes }: EmbeddedBatch,
  ): Promise<Map<number, Classification>> {
    const understood = new Map<number, Classification>();
    const classifier = this.#parts.classifier();
    if (classifier === null) return understood;
    const slices = new TimeSlices();
    for (const [i, { event }] of events.entries()) {
      if (codes[i] !== EMBEDDER.onnx || !isUnclassified(event)) continue;
      if (slices.isOver) await slices.next();
      const at = this.#slots.semanticIndex(firstFrameId + i);
      const vector = this.#slots.floats.subarray(at, at + EMBEDDING_DIMENSIONS);
      understood.set(i, classifier.classify(vector));
    }
    return understood;
  }
}

function isUnclassified({ message, sentiment, payload }: GatewayEvent): boolean {
  const saysSomething = message !== null && message.trim() !== "";
  return saysSomething && sentiment === 0 && payload["sentiment"] === undefined;
}

/** Where neighbours are equal. */
function runsOf(values: readonly unknown[]): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (let start = 0, end = 0; start < values.length; start = end) {
    do end++; while (end < values.length && values[end] === values[start]);
    runs.push({ start, end });
  }
  return runs;
}

function isEmpty(note: object): boolean {
  for (const _ in note) return false;
  return true;
}
