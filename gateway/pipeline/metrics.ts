import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { LlmCall } from "../../llm/openai_client.ts";
import { EMBEDDER } from "../../collider/layout.ts";

/** Reads a gauge's value when it is asked for. */
export type Sample = () => number;

const DURATION_BUCKETS_S = [
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/** How long a stage has taken, since the start. */
export interface StageTimes {
  readonly count: number;
  readonly sum_seconds: number;
  /** Upper bound in seconds, and how many took at most so long; the last bound is infinite: null. */
  readonly buckets: (readonly [upperBoundSeconds: number | null, count: number])[];
}

/** What the gateway counts and times, in Prometheus' terms. */
export class Metrics {
  readonly registry = new Registry();
  readonly eventsIngested = this.#counter("events_ingested_total", "Events stored.");
  readonly eventsDuplicate = this.#counter(
    "events_duplicate_total",
    "Events not stored because their idempotency key was known.",
  );
  readonly eventsRejected = new Counter({
    name: "collider_events_rejected_total",
    help: "Events refused, by the error's code.",
    labelNames: ["code"],
    registers: [this.registry],
  });
  readonly embeddingsFailed = this.#counter(
    "embeddings_failed_total",
    "Events published without the embedding that they should have.",
  );
  readonly #feedEventsDropped = this.#counter(
    "feed_events_dropped_total",
    "Events that clients who follow them live were too slow for.",
  );
  readonly stagesFailed = new Counter({
    name: "collider_stages_failed_total",
    help: "Events that went on without what a stage should have learned of them.",
    labelNames: ["stage"],
    registers: [this.registry],
  });
  readonly modelUp = new Gauge({
    name: "collider_model_up",
    help: "0 while a local model has failed and has not done anything since.",
    labelNames: ["model"],
    registers: [this.registry],
  });
  readonly embeddings = new Counter({
    name: "collider_embeddings_total",
    help: "Embeddings in frames, by what made them.",
    labelNames: ["embedder"],
    registers: [this.registry],
  });
  readonly embeddingsZeroCopy = this.#counter(
    "embeddings_zero_copy_total",
    "Embeddings that ONNX Runtime wrote into the ring itself.",
  );
  readonly lateNames = new Counter({
    name: "collider_late_names_total",
    help: "Tries to name events after their frames, by how they ended.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly #llmCalls = new Counter({
    name: "collider_llm_calls_total",
    help: "Calls of the language model, by how they ended.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly #llmTokens = new Counter({
    name: "collider_llm_tokens_total",
    help: "Tokens that the language model has read and written.",
    labelNames: ["kind"],
    registers: [this.registry],
  });
  readonly #durations = new Histogram({
    name: "collider_stage_duration_seconds",
    help: "ingest: arrival to answer; commit: one group's transaction; publish: an event's " +
      "arrival to its frame; others: what is done for a batch of events in between.",
    labelNames: ["stage"],
    buckets: DURATION_BUCKETS_S,
    registers: [this.registry],
  });
  /** Resolved once, since looking a label up costs more than counting. */
  readonly #byStage = new Map<string, Histogram.Internal<string>>();
  #ingested = 0;
  #droppedFromFeeds = 0;
  readonly #startedMs = Date.now();

  constructor() {
    this.gauge(
      "process_resident_memory_bytes",
      "Resident memory, with the pages of the ring that were touched.",
      () => Deno.memoryUsage().rss,
      "",
    );
  }

  /** Events stored since the start. */
  get ingested(): number {
    return this.#ingested;
  }

  /** Since the start, s. */
  get uptimeSeconds(): number {
    return (Date.now() - this.#startedMs) / 1000;
  }

  countIngested(events: number): void {
    this.#ingested += events;
    this.eventsIngested.inc(events);
  }

  /** Events that clients who follow them live were too slow for, since the start. */
  get droppedFromFeeds(): number {
    return this.#droppedFromFeeds;
  }

  countDroppedFromFeeds(events: number): void {
    this.#droppedFromFeeds += events;
    this.#feedEventsDropped.inc(events);
  }

  /**
   * @param codes the frames' `embedder` fields
   * @param zeroCopy how many of them ONNX Runtime has written itself
   */
  countEmbeddings(codes: Uint8Array, zeroCopy: number): void {
    this.embeddingsZeroCopy.inc(zeroCopy);
    for (const [embedder, code] of Object.entries(EMBEDDER)) {
      let count = 0;
      for (const each of codes) if (each === code) count++;
      if (count > 0) this.embeddings.inc({ embedder }, count);
    }
  }

  countLlmCall({ outcome, durationMs, promptTokens, completionTokens }: LlmCall): void {
    this.#llmCalls.inc({ outcome });
    this.#llmTokens.inc({ kind: "prompt" }, promptTokens);
    this.#llmTokens.inc({ kind: "completion" }, completionTokens);
    this.observe("llm", durationMs);
  }

  /** @param stage of an event's life; one of a few names */
  observe(stage: string, durationMs: number): void {
    let histogram = this.#byStage.get(stage);
    if (histogram === undefined) {
      histogram = this.#durations.labels(stage);
      this.#byStage.set(stage, histogram);
    }
    histogram.observe(durationMs / 1000);
  }

  /** How long every stage has taken. */
  async stageTimes(): Promise<Record<string, StageTimes>> {
    const stages: Record<string, { -readonly [K in keyof StageTimes]: StageTimes[K] }> = {};
    for (const { metricName, labels, value } of (await this.#durations.get()).values) {
      const { stage: name, le } = labels as { stage: string; le?: number | "+Inf" };
      const stage = stages[name] ??= { count: 0, sum_seconds: 0, buckets: [] };
      if (metricName?.endsWith("_sum")) stage.sum_seconds = value;
      else if (metricName?.endsWith("_count")) stage.count = value;
      else stage.buckets.push([typeof le === "number" ? le : null, value]);
    }
    return stages;
  }

  /** Adds a value that is read when the metrics are. */
  gauge(name: string, help: string, sample: Sample, prefix = "collider_"): void {
    new Gauge({
      name: prefix + name,
      help,
      registers: [this.registry],
      collect() {
        this.set(sample());
      },
    });
  }

  /** Says something that does not change, as labels of a metric that is always 1. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    new Gauge({
      name: `collider_${name}_info`,
      help,
      labelNames: Object.keys(labels),
      registers: [this.registry],
    }).set(labels, 1);
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name: `collider_${name}`, help, registers: [this.registry] });
  }
}
