import type { Extraction } from "../../models/ner/entity.ts";
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
  readonly timeoutMs = 60_000;
  readonly #extractor: EntityExtractor;
  readonly #options: NerOptions;

  constructor(extractor: EntityExtractor, options: NerOptions) {
    this.#extractor = extractor;
    this.#options = options;
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
      const found = await this.#extractor.extract(texts, labels, this.#options.threshold);
      for (const [k, i] of places.entries()) {
        const { entities, isTruncated } = found[k]!;
        outcomes[i] = { result: { entities, ...(isTruncated ? { truncated: true } : {}) } };
      }
    }
    return outcomes;
  }

  #labelsFor(type: string): readonly string[] {
    return this.#options.labelsByType.get(type) ?? this.#options.labels;
  }
}
