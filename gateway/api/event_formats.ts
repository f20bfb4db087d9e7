import { csvLine } from "./csv.ts";
import { ARROW } from "./media_types.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import type { PublishedEvent } from "../pipeline/event_feeds.ts";
import type { StoredEvent } from "../store/stored_event.ts";

const decoder = new TextDecoder();

/** The forms in which events are listed. */
export const EVENT_MEDIA_TYPES = [
  "application/json",
  "application/x-ndjson",
  "text/csv",
  ARROW,
] as const;
type EventMediaType = typeof EVENT_MEDIA_TYPES[number];

/**
 * An event as JSON text. `payload` is the text as it was received, as clients of the first
 * generation expect it; `data` is the same as JSON.
 */
export function eventJson(event: StoredEvent): string {
  const { payload, attributes, ...columns } = eventColumns(event);
  const head = JSON.stringify({ ...columns, payload }).slice(0, -1);
  return `${head},"data":${oneLine(payload)},"attributes":${attributes ?? "null"}}`;
}

/** An event that has just been published as the store gives it back. */
export function storedEvent({ event, frameId }: PublishedEvent): StoredEvent {
  return {
    id: formatUuid(event.id),
    receivedUs: event.receivedUs,
    type: event.type,
    typed: event.typed,
    conversationId: event.conversationId,
    attributes: event.attributes,
    payload: decoder.decode(event.payloadBytes),
    frameId,
  };
}

/** Events in one of the forms of text. */
export function formatEvents(
  events: readonly StoredEvent[],
  type: Exclude<EventMediaType, typeof ARROW>,
): string {
  switch (type) {
    case "application/json": {
      const next = events.at(-1)?.id ?? null;
      return `{"events":[${events.map(eventJson).join(",")}],"next_cursor":${
        JSON.stringify(next)
      }}`;
    }
    case "application/x-ndjson":
      return events.map((event) => `${eventJson(event)}\n`).join("");
    case "text/csv":
      return csv(events);
  }
}

function eventColumns(event: StoredEvent) {
  return {
    id: event.id,
    type: event.type,
    received_at: isoTime(event.receivedUs),
    conversation_id: event.conversationId,
    frame_id: event.frameId,
    attributes: event.attributes,
    payload: event.payload,
  };
}

function csv(events: readonly StoredEvent[]): string {
  const names = ["id", "type", "received_at", "conversation_id", "frame_id", "attributes"];
  const rows = events.map((event) => csvLine(Object.values(eventColumns(event))));
  return csvLine([...names, "payload"]) + rows.join("");
}

/** RFC 3339 in UTC with microseconds. */
export function isoTime(unixUs: number): string {
  const iso = new Date(unixUs / 1000).toISOString();
  return `${iso.slice(0, 19)}.${String(unixUs % 1e6).padStart(6, "0")}Z`;
}

/** Line breaks in JSON text can only stand between tokens, where a space means the same. */
function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replaceAll(/[\r\n]+/g, " ") : json;
}
