/** The body of `POST /v1/chat/completions`, as far as tests look at it. */
export interface FakeChatRequest {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | null;
    readonly tool_call_id?: string;
    readonly tool_calls?: readonly unknown[];
  }[];
  readonly stream_options?: unknown;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly response_format?: { readonly type: string };
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly headers: Headers;
  /** Aborted when the server is closed. */
  readonly closed: AbortSignal;
}

/** An answer of a model. */
export interface FakeReply {
  readonly content?: string;
  /** What a server that takes the reasoning out of the answer gives beside it. */
  readonly reasoning?: string;
  /** @default {"reasoning_content"} */
  readonly reasoningField?: "reasoning_content" | "reasoning";
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  /** @default {"tool_calls" if there are some, else "stop"} */
  readonly finishReason?: "stop" | "length" | "tool_calls";
  /** UTF-16 code units in each streamed piece of content or reasoning. @default {4} */
  readonly pieceUnits?: number;
}

/** How the server treats one chat request. */
export type FakeBehaviour = (request: FakeChatRequest) => Response | Promise<Response>;

/** Tokens that every answer says it took. */
const FAKE_USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

/** Answers, always streamed. */
export function reply(answer: string | FakeReply): FakeBehaviour {
  return (request) => eventStream(chunks(request, asReply(answer)));
}

/** Answers by what was asked. */
export function replyTo(
  answer: (request: FakeChatRequest) => string | FakeReply,
): FakeBehaviour {
  return (request) => reply(answer(request))(request);
}

/** Refuses with a status: 429, 500, … */
export function refuse(
  status: number,
  options: { headers?: HeadersInit; message?: string } = {},
): FakeBehaviour {
  const { headers, message = `refused with ${status}` } = options;
  return () =>
    Response.json({ error: { message } }, {
      status,
      ...(headers === undefined ? {} : { headers }),
    });
}

/** Streams the first pieces, then nothing more, until the client or the server gives up. */
export function stall(answer: string | FakeReply = "", pieces = 0): FakeBehaviour {
  return (request) => {
    const silence = new Promise<void>((resolve) => {
      request.closed.addEventListener("abort", () => resolve(), { once: true });
    });
    return eventStream(chunks(request, asReply(answer)).slice(0, pieces), () => silence);
  };
}

/** Takes the request and never answers, not even with a status, until the server is closed. */
export function stallBeforeStatus(): FakeBehaviour {
  return (request) =>
    new Promise((resolve) => {
      request.closed.addEventListener("abort", () => resolve(new Response(null)), { once: true });
    });
}

/** Streams the first pieces, then breaks the connection off. */
export function cut(answer: string | FakeReply, pieces: number): FakeBehaviour {
  return (request) =>
    eventStream(chunks(request, asReply(answer)).slice(0, pieces), () => {
      throw new Error("cut off");
    });
}

/** Streams the first pieces, then ends as if that had been all: as proxies do. */
export function endEarly(answer: string | FakeReply, pieces: number): FakeBehaviour {
  return (request) => eventStream(chunks(request, asReply(answer)).slice(0, pieces), () => {});
}

/** Waits before every piece. */
export function slow(answer: string | FakeReply, pauseMs: number): FakeBehaviour {
  return (request) =>
    eventStream(
      chunks(request, asReply(answer)),
      undefined,
      () => new Promise((resolve) => setTimeout(resolve, pauseMs)),
    );
}

/** Streams without end. */
export function endless(answer: FakeReply): FakeBehaviour {
  return (request) => {
    const piece = encoded(chunks(request, answer).slice(1, 2));
    return new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(piece) }),
      { headers: { "Content-Type": "text/event-stream" } },
    );
  };
}

/** Sends any body, with the status 200. */
export function garbage(body: string, contentType = "text/event-stream"): FakeBehaviour {
  return () => new Response(body, { headers: { "Content-Type": contentType } });
}

/** Sends the client elsewhere. */
export function redirect(url: string): FakeBehaviour {
  return () => new Response(null, { status: 307, headers: { Location: url } });
}

function asReply(answer: string | FakeReply): FakeReply {
  return typeof answer === "string" ? { content: answer } : answer;
}

/** The chunks of a stream: the role, reasoning, content, tool calls, the end, the usage. */
function chunks(request: FakeChatRequest, answer: FakeReply): unknown[] {
  const { content = "", reasoning = "", reasoningField = "reasoning_content" } = answer;
  const { pieceUnits = 4 } = answer;
  const deltas: unknown[] = [
    { role: "assistant", content: "" },
    ...piecesOf(reasoning, pieceUnits).map((piece) => ({ [reasoningField]: piece })),
    ...piecesOf(content, pieceUnits).map((piece) => ({ content: piece })),
    ...toolCallsOf(answer).flatMap(({ function: { name, arguments: text }, ...call }, index) => [
      { tool_calls: [{ index, ...call, function: { name, arguments: "" } }] },
      ...piecesOf(text, pieceUnits).map((piece) => ({
        tool_calls: [{ index, function: { arguments: piece } }],
      })),
    ]),
  ];
  const chunk = (choices: unknown[], rest: object = {}) => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 0,
    model: request.model,
    choices,
    ...rest,
  });
  return [
    ...deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: finishReasonOf(answer) }]),
    ...(request.stream_options === undefined ? [] : [chunk([], { usage: FAKE_USAGE })]),
  ];
}

function toolCallsOf({ toolCalls = [] }: FakeReply) {
  return toolCalls.map((call, i) => ({ id: `call_${i}`, type: "function", function: call }));
}

function finishReasonOf({ finishReason, toolCalls = [] }: FakeReply): string {
  return finishReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop");
}

function piecesOf(text: string, units: number): string[] {
  return Array.from(
    { length: Math.ceil(text.length / units) },
    (_, i) => text.slice(i * units, (i + 1) * units),
  );
}

/**
 * Server-Sent Events, one for each chunk.
 *
 * @param end what happens after the last one @default {it says that it was the last one}
 * @param pause what is waited for before each one
 */
function eventStream(
  chunks: readonly unknown[],
  end?: () => void | Promise<void>,
  pause: () => void | Promise<void> = () => {},
): Response {
  async function* events() {
    for (const chunk of chunks) {
      await pause();
      yield encoded([chunk]);
    }
    if (end === undefined) yield new TextEncoder().encode("data: [DONE]\n\n");
    else await end();
  }
  return new Response(ReadableStream.from(events()), {
    headers: { "Content-Type": "text/event-stream" },
  });
}

function encoded(chunks: readonly unknown[]): Uint8Array {
  return new TextEncoder().encode(
    chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(""),
  );
}
