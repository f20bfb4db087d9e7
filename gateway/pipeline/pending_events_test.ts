import assert from "node:assert/strict";
import { eventFromJson, type GatewayEvent } from "../event/event.ts";
import { formatUuid, UuidV7 } from "../event/uuid_v7.ts";
import type { StoredEvent } from "../store/event_queries.ts";
import type { Store } from "../store/store.ts";
import { PendingEvents } from "./pending_events.ts";

const LEARNED = { intentId: 0, fillRate: 1 };
const ids = new UuidV7();

function newEvent(): GatewayEvent {
  const json = new TextEncoder().encode('{"event_type":"Message"}');
  return eventFromJson(json, { receivedUs: 1, ids });
}

function asStored(event: GatewayEvent): StoredEvent {
  return {
    id: formatUuid(event.id),
    receivedUs: event.receivedUs,
    type: event.type,
    typed: event.typed,
    conversationId: null,
    attributes: null,
    payload: new TextDecoder().decode(event.payloadBytes),
    frameId: null,
  };
}

/** Pending events over a store that answers each request for unpublished events in turn. */
function pendingOver(pages: ((limit: number) => StoredEvent[])[]) {
  const store = {
    listUnpublished: (_after: string, limit: number) =>
      Promise.try(() => pages.shift()?.(limit) ?? []),
  } as unknown as Store;
  const failures: unknown[] = [];
  const pending = new PendingEvents({
    store,
    through: new Uint8Array(16),
    measure: () => LEARNED,
    onUnreadable: (_id, cause) => assert.fail(cause as Error),
    onReadFailure: (cause) => failures.push(cause),
  });
  return { pending, failures };
}

Deno.test("PendingEvents gives an event once that was read back before its commit returned", async () => {
  const event = newEvent();
  const { pending } = pendingOver([() => [asStored(event)]]);
  const later = newEvent();
  assert.deepEqual((await pending.take(10)).map((taken) => taken.event.id), [event.id]);
  const next = pending.take(10); // finds nothing more in the store
  await new Promise((resolve) => setTimeout(resolve));
  pending.offer({ event, learned: LEARNED });
  pending.offer({ event: later, learned: LEARNED });
  assert.deepEqual((await next).map((taken) => taken.event.id), [later.id]);
});

Deno.test("PendingEvents asks a store again that failed, for fewer events", async () => {
  const event = newEvent();
  const limits: number[] = [];
  const { pending, failures } = pendingOver([
    (limit) => {
      limits.push(limit);
      throw new Error("out of memory");
    },
    (limit) => {
      limits.push(limit);
      return [asStored(event)];
    },
  ]);
  assert.deepEqual((await pending.take(10)).map((taken) => taken.event.id), [event.id]);
  assert.equal(failures.length, 1);
  assert.ok(limits[1]! < limits[0]!, limits.join());
});
