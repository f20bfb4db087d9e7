import { TYPE_STAGE } from "../store/rows.ts";
import type { EnrichmentStage, StageOutcome } from "./enricher.ts";
import { type EventNaming, nameEvent } from "./event_naming.ts";
import type { PendingEvent } from "./pending_events.ts";

/** Frames wait so long for the names of their events. */
const WAIT_MS = 30_000;
const GRACE_MS = 5_000;

/** Names events that came without a type. Those that it can't name are named after their frames. */
export class TypeStage implements EnrichmentStage {
  readonly name = TYPE_STAGE;
  readonly #naming: EventNaming;
  readonly #waitMs: number;

  /** @param waitMs events that have no name by then go on without one */
  constructor(naming: EventNaming, waitMs = WAIT_MS) {
    this.#naming = naming;
    this.#waitMs = waitMs;
  }

  /** They are named at the same time. */
  timeoutMs(): number {
    return this.#waitMs + GRACE_MS;
  }

  applies({ event }: PendingEvent): boolean {
    return !event.typed;
  }

  async run(batch: readonly PendingEvent[]): Promise<readonly StageOutcome[]> {
    const signal = AbortSignal.timeout(this.#waitMs);
    return await Promise.all(batch.map((pending) => this.#name(pending, signal)));
  }

  /** An event that nobody can name is that event's matter alone. */
  async #name(pending: PendingEvent, signal: AbortSignal): Promise<StageOutcome> {
    try {
      const { event, learned, result } = await nameEvent(this.#naming, pending.event, { signal });
      return { result, pending: { ...pending, event, learned } };
    } catch (cause) {
      const isLate = cause === signal.reason;
      const error = isLate ? `no name came within ${this.#waitMs} ms` : (cause as Error).message;
      return { result: null, error };
    }
  }
}
