import { TYPE_STAGE } from "../store/rows.ts";
import type { EnrichmentStage, StageOutcome } from "./enricher.ts";
import { type EventNaming, nameEvent } from "./event_naming.ts";
import type { PendingEvent } from "./pending_events.ts";

const TIMEOUT_MS = 120_000;

/** Names events that came without a type. Those that it can't name are named after their frame. */
export class TypeStage implements EnrichmentStage {
  readonly name = TYPE_STAGE;
  readonly #naming: EventNaming;

  constructor(naming: EventNaming) {
    this.#naming = naming;
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
    try {
      const { event, learned, result } = await nameEvent(this.#naming, pending.event);
      return { result, pending: { ...pending, event, learned } };
    } catch (cause) {
      return { result: null, error: (cause as Error).message };
    }
  }
}
