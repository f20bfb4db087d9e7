import assert from "node:assert/strict";
import type { StoredEvent } from "../store/stored_event.ts";
import { eventJson, formatEvents, isoTime } from "./event_formats.ts";

const EVENT: StoredEvent = {
  id: "0190163d-8694-739b-aea5-966c26f8ad91",
  receivedUs: 1_700_000_000_000_123,
  type: "Message",
  typed: true,
  conversationId: "c,1",
  attributes: null,
  payload: '{"a":\r\n "say \\"hi\\"",\n"big":12345678901234567890}',
  frameId: 7,
};
const BARE: StoredEvent = {
  ...EVENT,
  id: "0190163d-8694-739b-aea5-966c26f8ad90",
  conversationId: null,
  attributes: '{"source":"/a"}',
  payload: "{}",
  frameId: null,
};

Deno.test("eventJson gives the payload as text and as JSON, on one line", () => {
  const json = eventJson(EVENT);
  assert.doesNotMatch(json, /[\r\n]/);
  // A parser of doubles would round it.
  assert.match(json, /"data":.*"big":12345678901234567890\}/);
  const parsed = JSON.parse(json);
  assert.equal(parsed.payload, EVENT.payload);
  assert.deepEqual(parsed.data, JSON.parse(EVENT.payload));
  assert.equal(parsed.received_at, "2023-11-14T22:13:20.000123Z");
  assert.equal(parsed.frame_id, 7);
  assert.equal(parsed.attributes, null);
  assert.deepEqual(JSON.parse(eventJson(BARE)).attributes, { source: "/a" });
});

Deno.test("formatEvents gives a JSON page with the cursor of the next one", () => {
  const page = JSON.parse(formatEvents([EVENT, BARE], "application/json"));
  assert.deepEqual(page.events.map(({ id }: StoredEvent) => id), [EVENT.id, BARE.id]);
  assert.equal(page.next_cursor, BARE.id);
  assert.deepEqual(JSON.parse(formatEvents([], "application/json")), {
    events: [],
    next_cursor: null,
  });
});

Deno.test("formatEvents gives NDJSON, a line for each event", () => {
  const text = formatEvents([EVENT, BARE], "application/x-ndjson");
  assert.deepEqual(text.split("\n"), [eventJson(EVENT), eventJson(BARE), ""]);
});

Deno.test("formatEvents gives CSV by RFC 4180", () => {
  assert.equal(
    formatEvents([EVENT, BARE], "text/csv"),
    "id,type,received_at,conversation_id,frame_id,attributes,payload\r\n" +
      `${EVENT.id},Message,2023-11-14T22:13:20.000123Z,"c,1",7,,` +
      `"${EVENT.payload.replaceAll('"', '""')}"\r\n` +
      `${BARE.id},Message,2023-11-14T22:13:20.000123Z,,,"{""source"":""/a""}",{}\r\n`,
  );
});

Deno.test("isoTime has all the microseconds", () => {
  assert.equal(isoTime(0), "1970-01-01T00:00:00.000000Z");
  assert.equal(isoTime(1_999_999), "1970-01-01T00:00:01.999999Z");
  assert.equal(isoTime(1_700_000_000_000_001), "2023-11-14T22:13:20.000001Z");
});
