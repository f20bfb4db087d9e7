import type { ChatReply, EventDetails, Logs, Schema } from "../../tui/client/answers.ts";
import { fakeEvent, LAST_EVENT_MS, numberOf } from "./fake_events.ts";
import { wave } from "./fake_metrics.ts";

/** All that was learned of an event. */
export function fakeDetails(id: string, total: number): EventDetails {
  const event = fakeEvent(numberOf(id), total);
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

/** What was learned of the types. */
export const SCHEMAS: readonly Schema[] = [
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

/** Events of a type in each of the last minutes. */
export const VOLUME = Array.from({ length: 120 }, (_, minute) => wave(minute / 2, 3_400));

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

/** The lines of the log after one. */
export function fakeLogs(after: number): Logs {
  return { lines: LOG_LINES.filter(({ seq }) => seq > after), last_seq: LOG_LINES.length };
}

/** Streams an answer word by word. */
export function fakeChat(message: string): Response {
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
