import {
  ModelError,
  ModelFailedError,
  ModelTimeoutError,
  ModelWorkerError,
} from "../../models/errors.ts";
import type { Extraction } from "../../models/ner/entity.ts";
import { NER_TIMEOUT_MS } from "../../models/ner/ner_client.ts";
import { eventText } from "../event/event_text.ts";
import type { EnrichmentStage, StageOutcome } from "./enricher.ts";
import type { PendingEvent } from "./pending_events.ts";

/** What finds entities: a `NerClient`. */
export interface EntityExtractor {
  extract(
    texts: readonly string[],
    labels: readonly string[],
    threshold: number,
  ): Promise<readonly Extraction[]>;
}

/** What is looked for, and how sure it must be. */
export interface NerOptions {
  readonly labels: readonly string[];
  /** Labels for some event types, in place of the others. */
  readonly labelsByType: ReadonlyMap<string, readonly string[]>;
  /** 0 to 1. */
  readonly threshold: number;
}

/** Finds what events name. */
export class NerStage implements EnrichmentStage {
  readonly name = "ner";
  readonly #extractor: EntityExtractor;
  readonly #options: NerOptions;

  constructor(extractor: EntityExtractor, options: NerOptions) {
    this.#extractor = extractor;
    this.#options = options;
  }

  /** Each text may be looked at twice, and a long one takes a request of its own. */
  timeoutMs(events: number): number {
    return 2 * events * NER_TIMEOUT_MS;
  }

  applies({ event, text }: PendingEvent): boolean {
    return this.#labelsFor(event.type).length > 0 && (text ?? eventText(event)).trim() !== "";
  }

  async run(batch: readonly PendingEvent[]): Promise<readonly StageOutcome[]> {
    const outcomes: StageOutcome[] = [];
    // A model looks for the same labels in all texts that it is given together.
    const byLabels = Map.groupBy(batch.keys(), (i) => this.#labelsFor(batch[i]!.event.type));
    for (const [labels, places] of byLabels) {
      const texts = places.map((i) => batch[i]!.text ?? eventText(batch[i]!.event));
      const found = await this.#extract(texts, labels);
      for (const [k, i] of places.entries()) outcomes[i] = outcomeOf(found[k]!);
    }
    return outcomes;
  }

  /**
   * Looks at texts together; if that fails, at each of them alone, so that one of which the model
   * dies costs only its own entities.
   *
   * @returns what was found in each, or why nothing was
   * @throws if nothing was found out about any of them
   */
  async #extract(
    texts: readonly string[],
    labels: readonly string[],
  ): Promise<readonly (Extraction | ModelError)[]> {
    const extract = (some: readonly string[]) =>
      this.#extractor.extract(some, labels, this.#options.threshold);
    try {
      return await extract(texts);
    } catch (cause) {
      if (!isAboutSomeText(cause)) throw cause;
    }
    const found: (Extraction | ModelError)[] = [];
    for (const text of texts) {
      try {
        found.push(...await extract([text]));
      } catch (cause) {
        if (!isAboutSomeText(cause)) throw cause;
        found.push(cause);
      }
    }
    if (found.every((each) => each instanceof ModelError)) throw found[0];
    return found;
  }

  #labelsFor(type: string): readonly string[] {
    return this.#options.labelsByType.get(type) ?? this.#options.labels;
  }
}

/** Whether it may be the fault of one of the texts: the model refused it, or did not survive it. */
function isAboutSomeText(error: unknown): error is ModelError {
  return [ModelFailedError, ModelWorkerError, ModelTimeoutError]
    .some((type) => error instanceof type);
}

function outcomeOf(found: Extraction | ModelError): StageOutcome {
  if (found instanceof ModelError) return { result: null, error: found.message };
  const { entities, isTruncated } = found;
  return { result: { entities, ...(isTruncated ? { truncated: true } : {}) } };
}
