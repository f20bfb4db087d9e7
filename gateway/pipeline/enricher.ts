import { CircuitBreaker } from "../../models/circuit_breaker.ts";
import { unlessAborted } from "../export/unless_aborted.ts";
import type { Enrichment } from "../store/rows.ts";
import { nowUs } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { PendingEvent, PendingEvents } from "./pending_events.ts";

/** What a stage has learned of one event. */
export interface StageOutcome {
  /** What is kept of it, as JSON; null = nothing. */
  readonly result: unknown;
  /** Why it failed for this event alone, in words. */
  readonly error?: string;
  /** The event as the next stages see it, where it has changed. */
  readonly pending?: PendingEvent;
}

/** Something that is learned of events between their commit and their frame. */
export interface EnrichmentStage {
  /** Under which it is recorded. */
  readonly name: string;
  /** For a batch of so many events. */
  timeoutMs(events: number): number;
  /** Whether there is something to do for an event. */
  applies(pending: PendingEvent): boolean;
  /**
   * Works on events together.
   *
   * @returns an outcome for each of them
   * @throws if it can't; then they go on without it
   */
  run(batch: readonly PendingEvent[], signal: AbortSignal): Promise<readonly StageOutcome[]>;
}

/** What the enricher works with. */
export interface EnricherParts {
  readonly pending: Pick<PendingEvents, "take">;
  /** In the order in which they are run. */
  readonly stages: readonly EnrichmentStage[];
  readonly metrics: Metrics;
  readonly log: Log;
  /** Keeps what was learned. */
  readonly record: (rows: readonly Enrichment[]) => void;
}

/** Events that go through the stages together: the last one waits for the first. */
const MAX_BATCH_EVENTS = 32;

/**
 * Takes events through the stages before they are published. A stage that fails, or takes too long,
 * is recorded, and the event goes on without it; one that fails again and again is left out for a
 * while.
 */
export class Enricher {
  readonly #parts: EnricherParts;
  readonly #breakers: ReadonlyMap<EnrichmentStage, CircuitBreaker>;
  readonly #dropped = Promise.withResolvers<void>();
  #isDropped = false;
  /** Taken, and waiting for the stages to be done with those before them. */
  #held: PendingEvent[] = [];

  constructor(parts: EnricherParts) {
    this.#parts = parts;
    this.#breakers = new Map(parts.stages.map((stage) => [stage, new CircuitBreaker()]));
  }

  /** See {@linkcode PendingEvents.take}. */
  async take(max: number): Promise<PendingEvent[]> {
    const { pending, stages } = this.#parts;
    const batch = this.#held.length > 0 ? this.#held.splice(0, max) : await pending.take(max);
    if (!batch.some((event) => stages.some((stage) => stage.applies(event)))) return batch;
    this.#held.unshift(...batch.splice(MAX_BATCH_EVENTS));
    for (const stage of stages) {
      await Promise.race([this.#runStage(stage, batch), this.#dropped.promise]);
      if (this.#isDropped) return [];
    }
    return batch;
  }

  /** Lets go of the events that are under way: they are in the store, and taken after a restart. */
  drop(): void {
    this.#isDropped = true;
    this.#held = [];
    this.#dropped.resolve();
  }

  /** Runs a stage for those of the batch that it applies to, and puts what changed in their places. */
  async #runStage(stage: EnrichmentStage, batch: PendingEvent[]): Promise<void> {
    const places = batch.flatMap((pending, place) => stage.applies(pending) ? [place] : []);
    if (places.length === 0) return;
    const outcomes = await this.#outcomes(stage, places.map((place) => batch[place]!));
    const failed = outcomes.filter(({ error }) => error !== undefined).length;
    if (failed > 0) this.#parts.metrics.stagesFailed.inc({ stage: stage.name }, failed);
    const doneUs = nowUs();
    this.#parts.record(places.map((place, i): Enrichment => {
      const { result, error } = outcomes[i]!;
      return {
        eventIds: [batch[place]!.event.id],
        doneUs,
        stage: stage.name,
        frameId: null,
        ringGeneration: null,
        result: result === null ? null : JSON.stringify(result),
        error: error ?? null,
      };
    }));
    for (const [i, place] of places.entries()) {
      batch[place] = outcomes[i]!.pending ?? batch[place]!;
    }
  }

  async #outcomes(
    stage: EnrichmentStage,
    events: readonly PendingEvent[],
  ): Promise<readonly StageOutcome[]> {
    const { metrics, log } = this.#parts;
    const breaker = this.#breakers.get(stage)!;
    const startedMs = performance.now();
    let error = `${stage.name} failed repeatedly and is left out for a while`;
    if (breaker.allows(startedMs)) {
      try {
        const outcomes = await withinTime(stage, events);
        breaker.succeed();
        metrics.observe(stage.name, performance.now() - startedMs);
        return outcomes;
      } catch (cause) {
        breaker.fail(performance.now());
        error = (cause as Error).message;
        log.warn("events go on without a stage", { stage: stage.name, reason: error });
      }
    }
    return events.map(() => ({ result: null, error }));
  }
}

async function withinTime(
  stage: EnrichmentStage,
  events: readonly PendingEvent[],
): Promise<readonly StageOutcome[]> {
  const timeoutMs = stage.timeoutMs(events.length);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await unlessAborted(stage.run(events, signal), signal);
  } catch (cause) {
    throw cause === signal.reason
      ? new Error(`${stage.name} took longer than ${timeoutMs} ms`, { cause })
      : cause;
  }
}
