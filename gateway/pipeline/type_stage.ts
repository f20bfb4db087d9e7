import type { GatewayEvent } from "../event/event.ts";
import { TYPE_STAGE } from "../store/rows.ts";
import { nowUs } from "./clock.ts";
import type { EnrichmentStage, StageOutcome } from "./enricher.ts";
import { type EventNaming, nameEvent } from "./event_naming.ts";
import type { PendingEvent } from "./pending_events.ts";

/** Frames wait so long for the names of their events, from their arrival on. */
const WAIT_MS = 30_000;
const GRACE_MS = 5_000;

/** Names events that came without a type. Those that it can't name are named after their frames. */
export class TypeStage implements EnrichmentStage {
  readonly name = TYPE_STAGE;
  readonly #naming: EventNaming;
  readonly #waitMs: number;
  readonly #startedUs: number;

  /**
   * @param options.waitMs events that have no name by then go on without one
   * @param options.startedUs events that came before it could not be named any sooner, Unix µs
   */
  constructor(naming: EventNaming, { waitMs = WAIT_MS, startedUs = nowUs() } = {}) {
    this.#naming = naming;
    this.#waitMs = waitMs;
    this.#startedUs = startedUs;
  }

  /** They are named at the same time. */
  timeoutMs(): number {
    return this.#waitMs + GRACE_MS;
  }

  applies({ event }: PendingEvent): boolean {
    return !event.typed;
  }

  async run(batch: readonly PendingEvent[]): Promise<readonly StageOutcome[]> {
    const signal = AbortSignal.timeout(this.#patienceMs(batch[0]!.event));
    return await Promise.all(batch.map((pending) => this.#name(pending, signal)));
  }

  /** What is left of the time that an event's frame waits: a model that hangs holds up one batch. */
  #patienceMs({ receivedUs }: GatewayEvent): number {
    if (!this.#naming.namer.isQuickerThan(this.#waitMs)) return 0;
    const waitedMs = (nowUs() - Math.max(receivedUs, this.#startedUs)) / 1000;
    return Math.max(0, this.#waitMs - waitedMs);
  }

  /** An event that nobody can name is that event's matter alone. */
  async #name(pending: PendingEvent, signal: AbortSignal): Promise<StageOutcome> {
    try {
      const { event, learned, result } = await nameEvent(this.#naming, pending.event, { signal });
      return { result, pending: { ...pending, event, learned } };
    } catch (cause) {
      const isLate = cause === signal.reason;
      if (isLate) this.#naming.namer.wasSlowerThan(this.#waitMs);
      return { result: null, error: isLate ? "no name came in time" : (cause as Error).message };
    }
  }
}
