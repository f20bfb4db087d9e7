import assert from "node:assert/strict";
import { arrowOf, fakeEvent } from "../../tests/tui/fake_events.ts";
import { EventPage } from "./event_page.ts";

Deno.test("EventPage reads a row only as far as a list shows it", () => {
  const small = fakeEvent(1, 2);
  const payload = JSON.stringify({ message: "é".repeat(1e6) });
  const page = new EventPage(arrowOf([{ ...fakeEvent(2, 2), payload }, small]), "desc");
  assert.ok(page.row(0).payloadStart.length < 10_000);
  assert.equal(page.payload(0), payload);
  assert.equal(page.row(1).payloadStart, small.payload);
  assert.equal(page.row(1).receivedMs, small.receivedMs);
});

Deno.test("EventPage has the newest event first, in whatever order events came", () => {
  const events = [fakeEvent(7, 9), fakeEvent(8, 9), fakeEvent(9, 9)];
  const page = new EventPage(arrowOf(events), "asc");
  assert.deepEqual([0, 1, 2].map((i) => page.id(i)), events.map(({ id }) => id).reverse());
  assert.equal(page.row(0).payloadStart, events[2]!.payload);
});
