import { setTimeout as delay } from "node:timers/promises";
import { deliver } from "../export/delivery.ts";
import { Exporter, type ExporterParts } from "../export/exporter.ts";

/** How exports are delivered. */
export interface ExportOptions {
  /** Signs every delivery by Standard Webhooks; `whsec_…`. */
  readonly secret?: string | undefined;
  /** Whether addresses of this machine and its networks may be contacted. @default false */
  readonly allowPrivate?: boolean;
}

/** What deliveries came to since the start. */
export interface ExportCounts {
  readonly attempted: number;
  readonly succeeded: number;
  /** RFC 3339; null if none has succeeded. */
  readonly lastAt: string | null;
}

const WORK_INTERVAL_MS = 500;
const DELIVERY_TIMEOUT_MS = 30_000;

/** Exports events as long as the gateway runs. */
export class ExportLoop {
  readonly exporter: Exporter;
  readonly #log: ExporterParts["log"];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #counts: ExportCounts = { attempted: 0, succeeded: 0, lastAt: null };

  constructor(
    parts: Omit<ExporterParts, "deliver" | "onAttempt">,
    { secret, allowPrivate = false }: ExportOptions,
  ) {
    this.#log = parts.log;
    this.exporter = new Exporter({
      ...parts,
      deliver: (url, id, body) =>
        deliver(url, id, body, {
          secret,
          allowPrivate,
          timeoutMs: DELIVERY_TIMEOUT_MS,
          signal: this.#stop.signal,
        }),
      onAttempt: ({ succeeded, atMs }) => {
        const { attempted, succeeded: before, lastAt } = this.#counts;
        this.#counts = {
          attempted: attempted + 1,
          succeeded: before + Number(succeeded),
          lastAt: succeeded ? new Date(atMs).toISOString() : lastAt,
        };
      },
    });
    this.#running = this.#run();
  }

  get counts(): ExportCounts {
    return this.#counts;
  }

  /** Ends what is being delivered; it is delivered again after the next start. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("the gateway is stopping"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (await this.exporter.work()) continue;
      } catch (cause) {
        this.#log.warn("events can't be exported now", { reason: (cause as Error).message });
      }
      await delay(WORK_INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  }
}
