import { GatewayError } from "../event/errors.ts";
import type { GatewayEvent } from "../event/event.ts";
import type { Intake } from "../pipeline/intake.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { StoreBusyError } from "../store/errors.ts";

/** The answer to a batch of events. */
export interface BatchAnswer {
  readonly status: "received";
  /** Events that are stored now, duplicates counted. */
  readonly accepted: number;
  readonly duplicates: number;
  /** The first {@linkcode MAX_LISTED} refused events. */
  readonly rejected: readonly { readonly index: number; readonly error: string }[];
  readonly rejected_count: number;
}

/** What of the pipeline takes batches in. */
export interface BatchPipeline extends Pick<Pipeline, "metrics"> {
  readonly intake: Pick<Intake, "acceptBatch" | "roomForBatch">;
}

/** Events that are stored together: enough to make a transaction cheap. */
const MAX_BATCH_EVENTS = 2_048;
const MAX_BATCH_BYTES = 4 << 20;
/** So long at most the first event of a batch waits for others: a stream may come slowly, or never end. */
const GATHER_MS = 500;
/** While the store is held up by a checkpoint, so many more are read. */
const MAX_IN_FLIGHT = 16;
const MAX_LISTED = 1_000;
const BUSY_WAIT_MS = 20;

/** Stores the good events of a request with many, and remembers what was wrong with the others. */
export class BatchIntake {
  readonly #pipeline: BatchPipeline;
  readonly #rejected: { index: number; error: string }[] = [];
  #rejectedCount = 0;
  #accepted = 0;
  #duplicates = 0;
  #batch: GatewayEvent[] = [];
  #batchBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Settled one after the other; one that fails stays, and with it fail those after it. */
  readonly #inFlight: Promise<void>[] = [];

  constructor(pipeline: BatchPipeline) {
    this.#pipeline = pipeline;
  }

  /** Whether {@linkcode flush} should be called before anything is added. */
  get isFull(): boolean {
    return this.#batch.length >= MAX_BATCH_EVENTS || this.#batchBytes >= MAX_BATCH_BYTES;
  }

  /** Reads an event; if that fails it is refused and the others go on. */
  add(index: number, read: () => GatewayEvent): void {
    try {
      const event = read();
      this.#batch.push(event);
      this.#timer ??= setTimeout(() => this.#send(), GATHER_MS);
      this.#batchBytes += event.payloadBytes.length;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#pipeline.metrics.eventsRejected.inc({ code: error.code });
      this.#rejectedCount++;
      if (this.#rejected.length < MAX_LISTED) this.#rejected.push({ index, error: error.message });
    }
  }

  /** Sends what was read to the store and waits until there is room for more. */
  async flush(): Promise<void> {
    this.#send();
    if (this.#inFlight.length >= MAX_IN_FLIGHT) await this.#inFlight[0];
    await this.#pipeline.intake.roomForBatch();
  }

  /** Stores the rest; resolves when everything is durable. */
  async finish(): Promise<BatchAnswer> {
    await this.flush();
    await this.#inFlight.at(-1);
    return {
      status: "received",
      accepted: this.#accepted,
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      rejected_count: this.#rejectedCount,
    };
  }

  /**
   * Stores the rest as far as possible, after a failure.
   *
   * @returns the events that are stored, up to the first that is not
   */
  async settle(): Promise<number> {
    await this.flush().catch(() => {});
    await this.#inFlight.at(-1)?.catch(() => {});
    return this.#accepted;
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    const counted = this.#count(batch.length, this.#store(batch), this.#inFlight.at(-1));
    counted.catch(() => {}); // It is awaited in its turn.
    this.#inFlight.push(counted);
  }

  /** Counts events that are stored, as soon as those before them are. */
  async #count(
    events: number,
    storing: Promise<number>,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const [duplicates] = await Promise.all([storing, before]);
    this.#duplicates += duplicates;
    this.#accepted += events;
    this.#inFlight.shift();
  }

  /** @returns how many of the events are duplicates */
  async #store(batch: readonly GatewayEvent[]): Promise<number> {
    while (true) {
      try {
        return await this.#pipeline.intake.acceptBatch(batch);
      } catch (error) {
        // A stream can wait where a single request is turned away.
        if (!(error instanceof StoreBusyError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT_MS));
      }
    }
  }
}
