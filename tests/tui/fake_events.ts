import {
  Int64,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";

/** An event that was never sent. */
export interface FakeEvent {
  readonly id: string;
  readonly type: string;
  readonly receivedMs: number;
  readonly conversationId: string | null;
  readonly frameId: number;
  readonly payload: string;
}

/** 2026-03-14 09:26:53 UTC */
export const LAST_EVENT_MS = Date.UTC(2026, 2, 14, 9, 26, 53);
const INTERVAL_MS = 137;

const SAYINGS: readonly (readonly [type: string, members: Record<string, unknown>])[] = [
  ["UserMessage", { message: "Quero fazer um seguro pro meu carro", actor: "human" }],
  ["AgentMessage", { message: "Claro! Qual é o modelo do carro?", actor: "agent" }],
  ["UserMessage", { message: "É um Onix 2023, uso para trabalhar 🚗", actor: "human" }],
  ["CarInsuranceRequest", { model: "Onix", year: 2023, use: "work", premium: 2184.9 }],
  ["PaymentReceived", { amount: 182.07, currency: "BRL", method: "pix", installments: null }],
  ["UserMessage", { message: "保険の見積もりをお願いします", actor: "human" }],
  ["ClaimOpened", { policy: "BR-4471-0098", severity: 3, photos: ["front.jpg", "side.jpg"] }],
  ["ToolResult", { message: "score 0.82", tool: "credit_check", actor: "tool" }],
  ["UserMessage", { message: "Meu médico é o Dr. João 👩‍👩‍👧‍👦 ação", actor: "human" }],
];

/** A message that would command a terminal, if it could. */
const HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b2J user\u202egnp.exe";

/** The event with a number, counted from the oldest, which is 1; the same in every run. */
export function fakeEvent(number: number, total: number): FakeEvent {
  const age = total - number;
  const [type, members] = age === 4
    ? ["UserMessage", { message: HOSTILE, actor: "human" }] as const
    : SAYINGS[number % SAYINGS.length]!;
  const conversationId = number % 7 === 0 ? null : `ana-${number % 23}`;
  return {
    id: idOf(number),
    type,
    receivedMs: LAST_EVENT_MS - age * INTERVAL_MS,
    conversationId,
    frameId: number - 1,
    payload: JSON.stringify({ type, conversation_id: conversationId, ...members }),
  };
}

/** An id in the form of a UUID v7 that has the number in it. */
export function idOf(number: number): string {
  return `019cec1e-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** The number in an id of {@linkcode idOf}. */
export function numberOf(id: string): number {
  return parseInt(id.slice(24), 16);
}

/** Events in the form of `/api/events`. */
export function arrowOf(events: readonly FakeEvent[]): Uint8Array<ArrayBuffer> {
  const text = (pick: (event: FakeEvent) => string | null) =>
    vectorFromArray(events.map(pick), new Utf8());
  const table = new Table({
    id: text(({ id }) => id),
    type: text(({ type }) => type),
    received_at: vectorFromArray(
      events.map(({ receivedMs }) => receivedMs),
      new TimestampMicrosecond("UTC"),
    ),
    conversation_id: text(({ conversationId }) => conversationId),
    frame_id: vectorFromArray(events.map(({ frameId }) => BigInt(frameId)), new Int64()),
    attributes: text(() => null),
    payload: text(({ payload }) => payload),
  });
  return tableToIPC(table, "stream") as Uint8Array<ArrayBuffer>;
}
