/** What a fake gateway answers. */
export type FakeHandler = (request: Request) => Response | Promise<Response>;

/** A server on a free port that answers as a gateway would. */
export interface FakeGateway extends AsyncDisposable {
  readonly url: string;
  /** What was asked, oldest first. */
  readonly requests: Request[];
}

/** Answers the first request with the first handler, and so on; the last one goes on answering. */
export function fakeGateway(...handlers: readonly [FakeHandler, ...FakeHandler[]]): FakeGateway {
  const requests: Request[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    requests.push(request.clone());
    return handlers[Math.min(requests.length, handlers.length) - 1]!(request);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** An event as `/api/events` and its stream give it. */
export function eventJson(event: {
  readonly id?: string;
  readonly type?: string;
  readonly conversation?: string;
  readonly payload: Record<string, unknown>;
}): string {
  return JSON.stringify({
    id: event.id ?? "01a1fb73-dd64-7678-91a2-f89b8c49c51f",
    type: event.type ?? "Message",
    received_at: "2026-11-21T12:34:56.789012Z",
    conversation_id: event.conversation ?? null,
    frame_id: 1,
    payload: JSON.stringify(event.payload),
    data: event.payload,
    attributes: null,
  });
}

/** A stream of Server-Sent Events that ends after these texts, or stays open. */
export function sse(texts: readonly string[], { staysOpen = false } = {}): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(encoder.encode(text));
      if (!staysOpen) controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}
