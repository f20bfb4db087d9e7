import type {
  ChatReply,
  EventDetails,
  Frame,
  Logs,
  Metrics,
  RingState,
  Schema,
  StageTimes,
} from "../../tui/client/answers.ts";
import { arrowOf, type FakeEvent, fakeEvent, LAST_EVENT_MS, numberOf } from "./fake_events.ts";

/** How a fake gateway behaves. */
export interface FakeGatewayOptions {
  /** Events that it has. @default 10_000_000 */
  readonly events?: number;
  /** Asked for, if given. */
  readonly token?: string;
  /** @default a free one */
  readonly port?: number;
}

/** Readings of the metrics that differ; then they stay as they are, so that screens do, too. */
const READINGS = 120;
const READING_S = 0.25;
const CAPACITY_FRAMES = 100_000;
const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, null];

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
      return Response.json({ error: "the token is missing", code: "unauthorized" }, {
        status: 401,
      });
    }
    const [, , resource, name] = pathname.split("/");
    if (pathname === "/metrics") return Response.json(this.#metrics());
    if (resource === "events") {
      return name === undefined ? this.#page(searchParams) : Response.json(this.#details(name));
    }
    if (pathname === "/api/schemas") return Response.json({ schemas: SCHEMAS });
    if (resource === "schemas") return Response.json({ bucket_seconds: 60, counts: VOLUME });
    if (resource === "frames") return Response.json(this.#ring(Number(searchParams.get("limit"))));
    if (resource === "logs") return Response.json(logs(Number(searchParams.get("after"))));
    if (resource === "chat") return chat((await request.json()).msg);
    return Response.json({ error: `nothing is at ${pathname}`, code: "not_found" }, {
      status: 404,
    });
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

  #details(id: string): EventDetails {
    const event = fakeEvent(numberOf(id), this.events);
    const at = (delayMs: number) => new Date(event.receivedMs + delayMs).toISOString();
    const stage = (
      name: string,
      delayMs: number,
      result: unknown,
      error: string | null = null,
    ) => ({
      stage: name,
      done_at: at(delayMs),
      frame_id: null,
      result,
      error,
    });
    return {
      id,
      type: event.type,
      received_at: at(0),
      conversation_id: event.conversationId,
      frame_id: event.frameId,
      payload: event.payload,
      attributes: null,
      stages: [
        stage("ner", 12, {
          entities: [
            { text: "João", label: "person", score: 0.97, start: 0, end: 4 },
            { text: "Onix 2023", label: "vehicle", score: 0.91, start: 0, end: 9 },
          ],
        }),
        stage("ocr", 840, {
          markdown: "# Apólice 4471\n\n| Item | R$ |\n| --- | --- |\n| Prêmio | 2.184,90 |",
        }),
        stage("sentiment", 13, null, "no answer within 2 s"),
        stage("publish", 845, null),
      ],
    };
  }

  #metrics(): Metrics {
    const reading = Math.min(READINGS, ++this.#readings);
    if (this.#readings > READINGS) this.#settled.resolve();
    const done = this.events - Math.round(ingestedFrom(reading));
    return {
      uptime_seconds: 86_400 + reading * READING_S,
      events_ingested: done,
      events_stored: this.events,
      schemas_learned: SCHEMAS.length,
      exports_attempted: 40,
      exports_failed: 1,
      pending_exports: 230,
      webhook_configured: true,
      subscribers: 2,
      subscribers_dropped: 0,
      stages: {
        ingest: stageTimes(done, 0.3),
        commit: stageTimes(done / 40, 0.5),
        ner: stageTimes(done / 32, 0.7),
        embed: stageTimes(done / 32, 0.6),
        publish: stageTimes(done, 0.65),
      },
      queues: {
        store_queued_events: wave(reading, 900),
        pending_events: wave(reading + 9, 5_200),
        pending_in_store: false,
      },
      ring: {
        head: done,
        tail: Math.max(0, done - CAPACITY_FRAMES),
        capacity_frames: CAPACITY_FRAMES,
        readers: [
          { pid: 4242, name: "train.py", next_frame_id: done, lag_frames: 0 },
          { pid: 5151, name: "replay.py", next_frame_id: done - 41_500, lag_frames: 41_500 },
        ],
      },
      memory: {
        rss_bytes: 4e8 + 4e5 * reading,
        heap_used_bytes: 58e6,
        ring_bytes: 423_452_672,
      },
      embedder: { names: ["bge-m3"], device: "cpu" },
    };
  }

  #ring(limit: number): RingState {
    const head = this.events;
    return {
      head,
      tail: Math.max(0, head - CAPACITY_FRAMES),
      capacity_frames: CAPACITY_FRAMES,
      gravity: 1.25,
      friction: 0.1,
      attractors: [
        { index: 0, label: "churn", mass: 3.5 },
        { index: 1, label: "fraud", mass: 2.25 },
        { index: 2, label: "upsell", mass: 0.75 },
      ],
      frames: Array.from({ length: Math.min(limit, head) }, (_, i) => frame(head - i, head)),
    };
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

/** Events that come from a reading until the last one. */
function ingestedFrom(reading: number): number {
  let events = 0;
  for (let i = reading; i < READINGS; i++) events += wave(i, 2_600);
  return events;
}

/** A value that goes up and down from reading to reading. */
function wave(reading: number, max: number): number {
  return Math.round(max * (0.55 + 0.3 * Math.sin(reading / 9) + 0.15 * Math.sin(reading / 2.3)));
}

/** Most of what went through a stage took about the bound of a share of the buckets. */
function stageTimes(events: number, slowness: number): StageTimes {
  const total = Math.round(events);
  const middle = slowness * BUCKETS_S.length;
  const share = (i: number) =>
    i === BUCKETS_S.length - 1 ? 1 : 1 / (1 + Math.exp(2 * (middle - i)));
  return {
    count: total,
    sum_seconds: total * 0.01,
    buckets: BUCKETS_S.map((bound, i) => [bound, Math.round(total * share(i))] as const),
  };
}

function frame(number: number, total: number): Frame {
  const event = fakeEvent(number, total);
  const angle = number / 5;
  const spin = [
    Math.abs(Math.cos(angle)),
    Math.sin(angle) / 2,
    Math.sin(angle) / 2,
    Math.sin(angle) / Math.SQRT2,
  ];
  const isPulled = number % 5 === 0;
  return {
    frame_id: event.frameId,
    event_id: event.id,
    timestamp_us: event.receivedMs * 1000,
    delta_time: number % 11 === 0 ? 0 : Math.log(0.2 + number % 17),
    duration_ms: 4 + number % 13 + 0.25,
    velocity: 1 + wave(total - number, 55),
    interrupt: 0,
    conversation_hash: (BigInt(number % 23) * 0x9e3779b97f4a7c15n & 0xffffffffffffffffn)
      .toString(16).padStart(16, "0"),
    workflow_node: -1,
    case_status: 1,
    lead_status: 0,
    fill_rate: 0.8,
    actor_type: 1,
    intent: event.type,
    sentiment: Math.sin(number),
    confidence: 0.9,
    spin,
    embedder: "onnx",
    attractor: isPulled ? number % 3 : -1,
    attraction: isPulled ? 0.86 : 0,
  };
}

const SCHEMAS: readonly Schema[] = [
  ["UserMessage", 5_214_006, { message: "string", actor: "string", conversation_id: "string" }],
  ["AgentMessage", 2_100_544, { message: "string", actor: "string", conversation_id: "string" }],
  ["CarInsuranceRequest", 884_201, {
    model: "string",
    year: "integer",
    use: "string",
    premium: "number",
  }],
  ["PaymentReceived", 801_117, { amount: "number", currency: "string", installments: "null" }],
  ["ClaimOpened", 640_020, { policy: "string", severity: "integer", photos: "array" }],
  ["ToolResult", 360_112, { message: "string", tool: "string" }],
].map(([name, events, fields]) =>
  schema(name as string, events as number, fields as Record<string, string>)
);

function schema(name: string, events: number, fields: Readonly<Record<string, string>>): Schema {
  return {
    name,
    events,
    sample: JSON.stringify(JSON.parse(sampleOf(name)), null, 2),
    first_seen: "2026-01-02T08:00:00.000Z",
    last_seen: new Date(LAST_EVENT_MS).toISOString(),
    field_details: Object.fromEntries(
      Object.entries({ type: "string", ...fields }).map(([field, type], i) => [field, {
        types: type === "null" ? { null: 3, integer: 1 } : { [type]: events },
        presence: i === 0 ? 1 : Math.max(0.25, 1.05 - i * 0.15),
      }]),
    ),
  };
}

/** The payload of the first event of a type. */
function sampleOf(name: string): string {
  for (let number = 1;; number++) {
    const { type, payload } = fakeEvent(number, 1e7);
    if (type === name) return payload;
  }
}

const VOLUME = Array.from({ length: 120 }, (_, minute) => wave(minute / 2, 3_400));

const LOG_LINES: Logs["lines"] = [
  ["info", "collider is ready", { url: "http://127.0.0.1:9382", embedder: "bge-m3" }],
  ["info", "a model is loaded", { name: "bge-m3", device: "cpu", seconds: 3.2 }],
  ["debug", "a group was committed", { events: 412, milliseconds: 3.8 }],
  ["warn", "events go on without a stage", { stage: "sentiment", reason: "no answer within 2 s" }],
  ["info", "exported a batch", { events: 500, target: "https://example.com/hook" }],
  ["error", "a request failed", { path: "/ingest", error: "Error: disk full\n    at write" }],
  ["info", "\x1b[2J\x1b]0;owned\x07 says a client", {}],
].map(([level, message, fields], i) => ({
  seq: i + 1,
  time: new Date(LAST_EVENT_MS + i * 1_500).toISOString(),
  level: level as string,
  message: message as string,
  fields: fields as Record<string, unknown>,
}));

function logs(after: number): Logs {
  return { lines: LOG_LINES.filter(({ seq }) => seq > after), last_seq: LOG_LINES.length };
}

/** Streams an answer word by word. */
function chat(message: string): Response {
  const content = `Claro! Você disse: «${message}».\n\nQual é o **ano** do carro?`;
  const reply: ChatReply = {
    content,
    intent: "CarInsuranceRequest",
    slots: { model: "Onix", use: "work" },
    missing: ["year", "premium"],
    complete: false,
  };
  const events = [
    ...content.split(/(?<= )/).map((text) => ["text", { text }] as const),
    ["reply", { role: "assistant", session_id: "fake", ...reply }] as const,
  ];
  const body = events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  return new Response(ReadableStream.from(body).pipeThrough(new TextEncoderStream()), {
    headers: { "Content-Type": "text/event-stream" },
  });
}
