import assert from "node:assert/strict";
import { eventFromPayload } from "../event/event.ts";
import { LiveEvent } from "./live_event.ts";

function published(text: string) {
  const bytes = new TextEncoder().encode(text);
  return { event: eventFromPayload(JSON.parse(text), bytes, { receivedUs: 1 }), frameId: 7 };
}

Deno.test("LiveEvent is made once for everybody who follows an event", () => {
  const one = published('{"type":"Tick"}');
  assert.equal(LiveEvent.of(one), LiveEvent.of(one));
  assert.notEqual(LiveEvent.of(one), LiveEvent.of(published('{"type":"Tick"}')));
  assert.equal(JSON.parse(LiveEvent.of(one).json).frame_id, 7);
});

Deno.test("LiveEvent finds text in the payload in any case", () => {
  const event = LiveEvent.of(published('{"type":"Tick","message":"Olá MUNDO"}'));
  assert.ok(event.contains("olá mundo"));
  assert.ok(event.contains("OLÁ"));
  assert.ok(!event.contains("ola"));
});
