import type { InferredType } from "../../llm/type_inference.ts";
import type { GatewayEvent } from "../event/event.ts";
import type { Learned } from "../event/schema_registry.ts";
import { TYPE_STAGE } from "../store/rows.ts";
import type { EnrichmentStage, StageOutcome } from "./enricher.ts";
import type { PendingEvent } from "./pending_events.ts";
import type { TypeNamer } from "./type_namer.ts";

/** How events get their names. */
export interface TypeStageOptions {
  readonly namer: TypeNamer;
  /** Learns from an event under the name that it got. */
  readonly learn: (event: GatewayEvent) => Learned;
  /** Whether what the model thought is kept. */
  readonly keepsReasoning: boolean;
}

const TIMEOUT_MS = 120_000;

/** Names events that came without a type, and takes over what their messages mean. */
export class TypeStage implements EnrichmentStage {
  readonly name = TYPE_STAGE;
  readonly #options: TypeStageOptions;

  constructor(options: TypeStageOptions) {
    this.#options = options;
  }

  /** They are named at the same time. */
  timeoutMs(): number {
    return TIMEOUT_MS;
  }

  applies({ event }: PendingEvent): boolean {
    return !event.typed;
  }

  async run(batch: readonly PendingEvent[]): Promise<readonly StageOutcome[]> {
    return await Promise.all(batch.map((pending) => this.#name(pending)));
  }

  /** An event that nobody can name is that event's matter alone. */
  async #name(pending: PendingEvent): Promise<StageOutcome> {
    const { namer, learn, keepsReasoning } = this.#options;
    try {
      const { type, confidence, source, message, reasoning } = await namer.name(pending.event);
      const event = { ...pending.event, type, ...understood(pending.event, message, confidence) };
      return {
        result: {
          type,
          confidence,
          source,
          ...message,
          ...(keepsReasoning && reasoning !== "" ? { reasoning } : {}),
        },
        pending: { ...pending, event, learned: learn(event) },
      };
    } catch (cause) {
      return { result: null, error: (cause as Error).message };
    }
  }
}

/** Sentiment and confidence, where the sender did not give them. */
function understood(
  { payload }: GatewayEvent,
  message: InferredType["message"],
  confidence: number,
): Partial<GatewayEvent> {
  if (message === null) return {};
  return {
    ...(payload["sentiment"] === undefined ? { sentiment: message.sentiment } : {}),
    ...(payload["confidence"] === undefined ? { confidence } : {}),
  };
}
