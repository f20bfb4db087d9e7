import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../pipeline/log.ts";

/** Where a {@link Listener} listens, and what it does with requests. */
export interface ListenerOptions {
  readonly hostname: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly answer: (request: Request) => Response | Promise<Response>;
  readonly log: Log;
}

const REOPEN_INTERVAL_MS = 500;

/**
 * Listens until it is stopped. The runtime gives up listening when a connection can't be taken, as it
 * is while the process has as many files open as it may: then it is begun anew, until that succeeds.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #stopping = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr>;

  /** @throws what the runtime throws, if the port is in use, say */
  constructor(options: ListenerOptions) {
    this.#server = listen(options);
    this.#options = { ...options, port: this.#server.addr.port };
    this.#goOn();
  }

  get port(): number {
    return this.#options.port;
  }

  /** Takes no more requests; resolves when those under way are answered. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#server.shutdown().catch(() => {}); // It may have failed just now.
  }

  async #goOn(): Promise<void> {
    const { log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#server.finished;
      } catch (cause) {
        log.error(
          "no connections can be taken; allow for more open files (ulimit -n) if it recurs",
          {
            reason: (cause as Error).message,
          },
        );
        if (await this.#reopen()) log.info("connections are taken again");
      }
    }
  }

  /** @returns false if it is stopped before */
  async #reopen(): Promise<boolean> {
    const { signal } = this.#stopping;
    while (true) {
      await delay(REOPEN_INTERVAL_MS, null, { signal }).catch(() => {});
      if (signal.aborted) return false;
      try {
        this.#server = listen(this.#options);
        return true;
      } catch {
        // There are still too many.
      }
    }
  }
}

function listen({ hostname, port, answer }: ListenerOptions): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname, port, onListen: () => {} }, answer);
}
