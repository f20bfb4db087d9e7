import { fakeChat, fakeDetails, fakeLogs, SCHEMAS, VOLUME } from "./fake_answers.ts";
import { arrowOf, type FakeEvent, fakeEvent, numberOf } from "./fake_events.ts";
import { fakeMetrics, READINGS } from "./fake_metrics.ts";
import { fakeRing } from "./fake_ring.ts";

/** How a fake gateway behaves. */
export interface FakeGatewayOptions {
  /** Events that it has. @default 10_000_000 */
  readonly events?: number;
  /** Asked for, if given. */
  readonly token?: string;
  /** @default a free one */
  readonly port?: number;
}

/**
 * A gateway as the dashboard sees it, with any number of events that are never stored: the same ones
 * in every run, so that screens are the same, too.
 */
export class FakeGateway implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Paths that were asked for, the newest last. */
  readonly requests: string[] = [];
  events: number;
  readonly #token: string | undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #settled = Promise.withResolvers<void>();
  #readings = 0;

  constructor({ events = 10_000_000, token, port = 0 }: FakeGatewayOptions = {}) {
    this.events = events;
    this.#token = token;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => this.#answer(request),
    );
    this.port = this.#server.addr.port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when whoever looks sees nothing change any more. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, search, searchParams } = new URL(request.url);
    this.requests.push(pathname + search);
    if (
      this.#token !== undefined && request.headers.get("authorization") !== `Bearer ${this.#token}`
    ) {
      return Response.json({
        error: "the token is missing",
        code: "unauthorized",
        hint: "Send it as Authorization: Bearer <token>.",
      }, {
        status: 401,
      });
    }
    const [, , resource, name] = pathname.split("/");
    if (pathname === "/metrics") return this.#metrics();
    if (resource === "events") {
      return name === undefined
        ? this.#page(searchParams)
        : Response.json(fakeDetails(name, this.events));
    }
    if (pathname === "/api/schemas") return Response.json({ schemas: SCHEMAS });
    if (resource === "schemas") return Response.json({ bucket_seconds: 60, counts: VOLUME });
    if (resource === "frames") {
      return Response.json(fakeRing(this.events, Number(searchParams.get("limit"))));
    }
    if (resource === "logs") return Response.json(fakeLogs(Number(searchParams.get("after"))));
    if (resource === "chat") return fakeChat((await request.json()).msg);
    return Response.json({ error: `nothing is at ${pathname}`, code: "not_found" }, {
      status: 404,
    });
  }

  #metrics(): Response {
    if (++this.#readings > READINGS) this.#settled.resolve();
    return Response.json(fakeMetrics(Math.min(READINGS, this.#readings), this.events));
  }

  #page(query: URLSearchParams): Response {
    const step = query.get("order") === "asc" ? 1 : -1;
    const cursor = query.get("cursor");
    let number = cursor !== null ? numberOf(cursor) + step : step > 0 ? 1 : this.events;
    const found: FakeEvent[] = [];
    const limit = Number(query.get("limit"));
    for (; found.length < limit && number >= 1 && number <= this.events; number += step) {
      const event = fakeEvent(number, this.events);
      if (matches(event, query)) found.push(event);
      // There is no index for what nobody finds.
      else if (this.events - number > 100_000) break;
    }
    return new Response(arrowOf(found), {
      headers: { "Content-Type": "application/vnd.apache.arrow.stream" },
    });
  }
}

function matches(event: FakeEvent, query: URLSearchParams): boolean {
  const type = query.get("type");
  const conversation = query.get("conversation_id");
  const text = query.get("q");
  return (type === null || event.type === type) &&
    (conversation === null || event.conversationId === conversation) &&
    (text === null || event.payload.toLowerCase().includes(text.toLowerCase()));
}
