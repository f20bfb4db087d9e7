import { GatewayError } from "../event/errors.ts";
import { type AppOptions, createApp } from "./app.ts";

/** Where the API is served. */
export interface ServerOptions extends AppOptions {
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
  /** Takes no more requests; resolves when those under way are answered. */
  stop(): Promise<void>;
}

/** The address can't be listened on. */
export class ListenError extends GatewayError {
  constructor(problem: string, hint: string, options: ErrorOptions) {
    super(problem, { status: 503, code: "listen_failed", hint, ...options });
  }
}

/** @throws {ListenError} if the port is in use or not allowed */
export function serve(options: ServerOptions): Server {
  const app = createApp(options);
  const { hostname, port } = options;
  try {
    const server = Deno.serve(
      { hostname, port, onListen: () => {} },
      (request) => app.fetch(request),
    );
    const stop = () => {
      // Else the server would wait for those who follow events for ever.
      options.pipeline.feeds.close();
      return server.shutdown();
    };
    return {
      hostname,
      port: server.addr.port,
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
