import type { GatewayEvent } from "../event/event.ts";
import type { ChunkAppender, ColumnType } from "./chunk_appender.ts";

/** What one stage learned of an event, or why it failed. */
export interface Enrichment {
  /** UUID of the event, 16 bytes. */
  readonly eventId: Uint8Array;
  /** When the stage ended, Unix µs. */
  readonly doneUs: number;
  /** The stage's name; {@linkcode PUBLISH_STAGE} is the last one of each event. */
  readonly stage: string;
  /** The event's frame, with the ring it is in. Only of the publish stage. */
  readonly frameId: number | null;
  readonly ringGeneration: bigint | null;
  /** The stage's result as JSON text. */
  readonly result: string | null;
  /** Why the stage failed, in words. */
  readonly error: string | null;
}

/** The stage whose row says that an event needs no more work: its frame is in the ring. */
export const PUBLISH_STAGE = "publish";

/** The stage that names events which came without a type. */
export const TYPE_STAGE = "type";

export const EVENT_COLUMNS: readonly ColumnType[] = [
  "uuid",
  "timestamptz",
  "varchar",
  "boolean",
  "varchar",
  "varchar",
  "varchar",
  "varchar",
  "bigint",
];

export const ENRICHMENT_COLUMNS: readonly ColumnType[] = [
  "uuid",
  "timestamptz",
  "varchar",
  "bigint",
  "ubigint",
  "varchar",
  "varchar",
];

export function appendEvent(events: ChunkAppender, event: GatewayEvent): void {
  events.setUuid(0, event.id);
  events.setInt64(1, event.receivedUs);
  events.setText(2, event.type);
  events.setBoolean(3, event.typed);
  events.setText(4, event.conversationId);
  events.setText(5, event.idempotencyKey);
  events.setText(6, event.attributes);
  events.setUtf8(7, event.payloadBytes);
  events.setInt64(8, event.payloadBytes.length);
  events.endRow();
}

export function appendEnrichment(enrichments: ChunkAppender, row: Enrichment): void {
  enrichments.setUuid(0, row.eventId);
  enrichments.setInt64(1, row.doneUs);
  enrichments.setText(2, row.stage);
  enrichments.setInt64(3, row.frameId);
  enrichments.setUint64(4, row.ringGeneration);
  enrichments.setText(5, row.result);
  enrichments.setText(6, row.error);
  enrichments.endRow();
}
