import { setTimeout as delay } from "node:timers/promises";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { parseUuid } from "../event/uuid_v7.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { InvalidRequestError, TooManySubscribersError, UpgradeRequiredError } from "./errors.ts";
import { type LiveBatch, LiveEvents, LiveQuery } from "./live_events.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";

const SSE_HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache",
  // Proxies such as nginx would hold the events back.
  "X-Accel-Buffering": "no",
};
/** How long a client waits before it connects again. */
const RETRY_MS = 1_000;
const MAX_BUFFERED_BYTES = 1 << 20;
const BUFFER_POLL_MS = 20;
/** How long a WebSocket may take to open. */
const OPEN_TIMEOUT_MS = 10_000;
/** RFC 6455, section 7.4.1: an endpoint is going away. */
const GOING_AWAY = 1001;

const TOO_MANY = jsonAnswer("Too many clients follow events.", ErrorBody);

/** `GET /api/events/stream` and `GET /ws`: events as they are published. */
export function liveRoutes(app: OpenAPIHono, pipeline: Pipeline): void {
  const stream = createRoute({
    method: "get",
    path: "/api/events/stream",
    summary: "Follow events as Server-Sent Events",
    description: "`event` has an event as in /api/events, `dropped` the count of those left out " +
      "because the client is too slow. Last-Event-ID resumes after an event, also after a restart.",
    request: {
      query: LiveQuery,
      headers: z.object({ "last-event-id": z.string().optional() }),
    },
    responses: {
      200: {
        description: "The events, for ever.",
        content: { "text/event-stream": { schema: z.string() } },
      },
      503: TOO_MANY,
      ...FAILURES,
    },
  });
  app.openapi(stream, (c) => {
    const lastId = lastEventId(c.req.header("last-event-id"));
    // Of HEAD the body is thrown away, without being cancelled.
    if (c.req.raw.method === "HEAD") return new Response(null, { headers: SSE_HEADERS });
    const events = new LiveEvents(pipeline, c.req.valid("query"), lastId);
    return new Response(sseStream(events), { headers: SSE_HEADERS });
  });

  const socket = createRoute({
    method: "get",
    path: "/ws",
    summary: "Follow events by WebSocket",
    description: "Each text message is an event as in /api/events, or " +
      '`{"dropped":n}` when the client is too slow. `after` resumes after an event.',
    request: { query: LiveQuery.extend({ after: z.string().optional() }) },
    responses: {
      101: { description: "The WebSocket is open." },
      403: jsonAnswer("A page of another site asks.", ErrorBody),
      426: jsonAnswer("This is no WebSocket request.", ErrorBody),
      503: TOO_MANY,
      ...FAILURES,
    },
  });
  app.openapi(socket, (c) => {
    const request = c.req.raw;
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      throw new UpgradeRequiredError();
    }
    const { after, ...filter } = c.req.valid("query");
    const lastId = lastEventId(after);
    // Before there is a socket, which nobody would close.
    if (pipeline.feeds.isFull) throw new TooManySubscribersError();
    const { socket, response } = upgrade(request);
    const events = new LiveEvents(pipeline, filter, lastId);
    // Of a client that gives up before it is open, nothing more is heard.
    const timer = setTimeout(() => events[Symbol.dispose](), OPEN_TIMEOUT_MS);
    socket.onopen = () => {
      clearTimeout(timer);
      sendAll(socket, events);
    };
    socket.onclose = () => events[Symbol.dispose]();
    return response;
  });
}

function upgrade(request: Request): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request);
  } catch (cause) {
    throw new InvalidRequestError(`no WebSocket can be opened: ${(cause as Error).message}`);
  }
}

function lastEventId(text: string | undefined): string | null {
  if (text === undefined || text === "") return null;
  if (parseUuid(text) !== null) return text.toLowerCase();
  throw new InvalidRequestError("Last-Event-ID: must be the id of an event");
}

/** Made as fast as the client reads: what it can't take waits, and is dropped, as events. */
function sseStream(events: LiveEvents): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
    async pull(controller) {
      try {
        const batch = await events.next();
        if (batch === null) controller.close();
        else controller.enqueue(encoder.encode(sseText(batch)));
      } catch (cause) {
        events[Symbol.dispose]();
        controller.error(cause);
      }
    },
    cancel: () => events[Symbol.dispose](),
  });
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
function sseText({ events, dropped }: LiveBatch): string {
  const messages = events.map((event) => `id: ${event.id}\nevent: event\ndata: ${event.json}\n\n`);
  if (dropped > 0) messages.unshift(`event: dropped\ndata: {"count":${dropped}}\n\n`);
  // A comment shows proxies that the connection lives.
  return messages.length === 0 ? ":\n\n" : messages.join("");
}

async function sendAll(socket: WebSocket, events: LiveEvents): Promise<void> {
  try {
    for (let batch = await events.next(); batch !== null; batch = await events.next()) {
      if (batch.dropped > 0) socket.send(JSON.stringify({ dropped: batch.dropped }));
      for (const event of batch.events) socket.send(event.json);
      while (socket.bufferedAmount > MAX_BUFFERED_BYTES) await delay(BUFFER_POLL_MS);
    }
    socket.close(GOING_AWAY, "the gateway stops");
  } catch {
    // The client has gone, or the store can't be read: it may come again.
    if (socket.readyState === WebSocket.OPEN) socket.close();
  } finally {
    events[Symbol.dispose]();
  }
}
