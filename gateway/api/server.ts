import { GatewayError } from "../event/errors.ts";
import { type AppOptions, createApp } from "./app.ts";
import { Listener } from "./listener.ts";

/** Where the API is served. */
export interface ServerOptions extends Omit<AppOptions, "stopping"> {
  readonly hostname: string;
  /** 0 = any free port. */
  readonly port: number;
}

/** A running server. */
export interface Server {
  readonly hostname: string;
  readonly port: number;
  /** Answers a request of this process itself, as if it had come over HTTP. */
  fetch(request: Request): Promise<Response>;
  /** Takes no more requests; resolves when those under way are answered, or are taking too long. */
  stop(): Promise<void>;
}

/** Clients that stall must not keep the pipeline from being stopped in good order. */
const STOP_TIMEOUT_MS = 2_000;

/** The address can't be listened on. */
export class ListenError extends GatewayError {
  constructor(problem: string, hint: string, options: ErrorOptions) {
    super(problem, { status: 503, code: "listen_failed", hint, ...options });
  }
}

/** @throws {ListenError} if the port is in use or not allowed */
export function serve(options: ServerOptions): Server {
  const stopping = new AbortController();
  const app = createApp({ ...options, stopping: stopping.signal });
  const { hostname, port } = options;
  try {
    const listener = new Listener({
      hostname,
      port,
      answer: (request) => app.fetch(request),
      log: options.pipeline.log,
    });
    const stop = async () => {
      stopping.abort();
      // Else the server would wait for those who follow events for ever.
      options.pipeline.feeds.close();
      const timeout = Promise.withResolvers<void>();
      const timer = setTimeout(timeout.resolve, STOP_TIMEOUT_MS);
      await Promise.race([listener.stop(), timeout.promise]);
      clearTimeout(timer);
    };
    return {
      hostname,
      port: listener.port,
      fetch: async (request) => await app.fetch(request),
      stop,
    };
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new ListenError(
        `port ${port} on ${hostname} is in use`,
        "Stop what listens there, or choose another port with --port.",
        { cause },
      );
    }
    throw new ListenError(
      `${hostname}:${port} can't be listened on: ${(cause as Error).message}`,
      "Choose another address with --host and --port.",
      { cause },
    );
  }
}
