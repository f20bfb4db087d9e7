import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import { newEvent } from "../store/fixtures.ts";
import { Store } from "../store/store.ts";
import { PendingEvents } from "./pending_events.ts";

const LEARNED = { intentId: 0, fillRate: 1 };

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
function pendingOver(pages: (() => StoredEvent[])[]) {
  const store = {
    listUnpublished: () => Promise.try(() => pages.shift()?.() ?? []),
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
  await setImmediate();
  pending.offer({ event, learned: LEARNED });
  pending.offer({ event: later, learned: LEARNED });
  assert.deepEqual((await next).map((taken) => taken.event.id), [later.id]);
});

Deno.test("PendingEvents asks a store again that failed, and tells of each failure once", async () => {
  const [first, second] = [newEvent(), newEvent()];
  const fail = () => {
    throw new Error("out of memory");
  };
  const { pending, failures } = pendingOver([
    fail,
    fail,
    () => [asStored(first)],
    fail,
    () => [asStored(second)],
  ]);
  for (const { id } of [first, second]) {
    assert.deepEqual((await pending.take(1)).map(({ event }) => event.id), [id]);
  }
  assert.equal(failures.length, 2);
});

/** Pending events that have found nothing in their store and wait for the first offer. */
async function pendingInMemory() {
  const { pending } = pendingOver([]);
  const first = newEvent();
  const taken = pending.take(1);
  await setImmediate();
  pending.offer({ event: first, learned: LEARNED });
  await taken;
  return pending;
}

Deno.test("PendingEvents gives events in the order of their offers, so many at most", async () => {
  const pending = await pendingInMemory();
  const events = Array.from({ length: 5 }, () => newEvent());
  for (const event of events) pending.offer({ event, learned: LEARNED });
  assert.equal(pending.size, 5);
  const taken = [...await pending.take(3), ...await pending.take(3)];
  assert.deepEqual(taken.map(({ event }) => event), events);
});

Deno.test("PendingEvents leaves the processor to a stream, and reads on when it is calm", async () => {
  const { promise: whenCalm, resolve: becomeCalm } = Promise.withResolvers<void>();
  const events = Array.from({ length: 1_100 }, () => newEvent());
  let reads = 0;
  const store = {
    isStreaming: false,
    listUnpublished: () => Promise.resolve(reads++ === 0 ? [] : events.slice(1_024).map(asStored)),
  };
  const pending = new PendingEvents({
    store: store as unknown as Store,
    through: new Uint8Array(16),
    measure: () => LEARNED,
    onUnreadable: (_id, cause) => assert.fail(cause as Error),
    onReadFailure: (cause) => assert.fail(cause as Error),
    calm: () => whenCalm,
  });
  const first = pending.take(1);
  await setImmediate();
  store.isStreaming = true;
  for (const event of events) pending.offer({ event, learned: LEARNED });
  const taken = [...await first];
  while (taken.length < 1_024) taken.push(...await pending.take(100));
  const rest = pending.take(100);
  await setImmediate();
  assert.deepEqual({ reads, size: pending.size }, { reads: 1, size: 0 });
  becomeCalm();
  taken.push(...await rest);
  assert.deepEqual(taken.map(({ event }) => event.id), events.map(({ id }) => id));
});

Deno.test("PendingEvents gives each event once though they outgrow its memory", async () => {
  const store = await Store.open({ path: ":memory:" });
  const pending = new PendingEvents({
    store,
    through: new Uint8Array(16),
    measure: () => LEARNED,
    onUnreadable: (_id, cause) => assert.fail(cause as Error),
    onReadFailure: (cause) => assert.fail(cause as Error),
    maxBacklogEvents: 3_000,
  });
  const ids: string[] = [];
  const taken: string[] = [];
  const offer = async (count: number) => {
    const events = Array.from({ length: count }, () => newEvent());
    await store.append(events);
    for (const event of events) {
      ids.push(formatUuid(event.id));
      pending.offer({ event, learned: LEARNED });
    }
  };
  const take = async () => {
    const page = await pending.take(1_000);
    taken.push(...page.map(({ event }) => formatUuid(event.id)));
  };

  await offer(1); // from before a restart
  await take();
  const next = take();
  while (pending.isBehind) await setImmediate();
  await offer(1);
  await next;
  while (!pending.isBehind) {
    await offer(1_000);
    assert.ok(ids.length < 100_000, "it takes in ever more");
  }
  const { size } = pending;
  assert.ok(!pending.isCrowded);
  await offer(1_500);
  assert.equal(pending.size, size);
  assert.ok(pending.isCrowded, "what waits in the store does not count");
  await take();
  await offer(1_500);
  while (taken.length < ids.length) await take();
  assert.ok(!pending.isCrowded);
  assert.deepEqual(taken, ids);
  pending.close();
  assert.deepEqual(await pending.take(1), []); // after a page that is being read
  await store.close();
});

/** Takes an event that was missed, and so many others that come while it is read back. */
async function takeBeside(count: number) {
  const [missed, ...others] = Array.from({ length: 1 + count }, () => newEvent());
  const pages = [
    () => {
      for (const event of others) pending.offer({ event, learned: LEARNED });
      return [missed!, ...others.slice(0, 1)].map(asStored);
    },
    () => others.slice(1).map(asStored),
  ];
  const { pending } = pendingOver(pages);
  pending.offer({ event: missed!, learned: LEARNED });
  const taken: Uint8Array[] = [];
  while (taken.length <= count) {
    for (const { event } of await pending.take(1_000)) taken.push(event.id);
  }
  assert.deepEqual(taken, [missed!, ...others].map(({ id }) => id));
  assert.ok(!pending.isBehind);
  return { pagesLeft: pages.length };
}

Deno.test("PendingEvents goes on in memory after the last page, though events keep coming", async () => {
  assert.deepEqual(await takeBeside(3), { pagesLeft: 1 });
});

Deno.test("PendingEvents reads on if too many came during a page", async () => {
  assert.deepEqual(await takeBeside(2_000), { pagesLeft: 0 });
});

Deno.test("PendingEvents looks for events of which nobody knows whether they are stored", async () => {
  const [first, stored, lost, last] = Array.from({ length: 4 }, () => newEvent());
  const { pending } = pendingOver([() => [], () => [asStored(stored!)]]);
  const taking = pending.take(1);
  await setImmediate();
  pending.offer({ event: first!, learned: LEARNED });
  const taken = await taking;
  pending.doubt(stored!.id);
  taken.push(...await pending.take(1));
  pending.doubt(lost!.id);
  const next = pending.take(1);
  while (pending.isBehind) await setImmediate();
  pending.offer({ event: last!, learned: LEARNED });
  taken.push(...await next);
  assert.deepEqual(taken.map(({ event }) => event.id), [first, stored, last].map((e) => e!.id));
});

Deno.test("PendingEvents bounds the payload bytes it holds", async () => {
  const pending = await pendingInMemory();
  const large = { payloadBytes: new Uint8Array(20 << 20) };
  pending.offer({ event: { ...newEvent(), ...large }, learned: LEARNED });
  pending.offer({ event: { ...newEvent(), ...large }, learned: LEARNED });
  assert.equal(pending.size, 1);
  assert.ok(pending.isBehind);
});

Deno.test("PendingEvents hands over what can't be read back, and goes on", async () => {
  const [first, unreadable, last] = [newEvent(), newEvent(), newEvent()];
  const unreadableIds: Uint8Array[] = [];
  const pages = [
    [asStored(first), { ...asStored(unreadable), payload: '{"sentiment":7}' }, asStored(last)],
  ];
  const pending = new PendingEvents({
    store: { listUnpublished: () => Promise.resolve(pages.shift() ?? []) } as unknown as Store,
    through: new Uint8Array(16),
    measure: () => LEARNED,
    onUnreadable: (id) => unreadableIds.push(id),
    onReadFailure: (cause) => assert.fail(cause as Error),
  });
  const taken = await pending.take(10);
  assert.deepEqual(taken.map(({ event }) => event.id), [first.id, last.id]);
  assert.deepEqual(unreadableIds, [Uint8Array.from(unreadable.id)]);
});

Deno.test("PendingEvents.close lets out what is in memory, then nothing", async () => {
  const pending = await pendingInMemory();
  pending.offer({ event: newEvent(), learned: LEARNED });
  pending.close();
  assert.equal((await pending.take(10)).length, 1);
  assert.deepEqual(await pending.take(10), []);
});

Deno.test("PendingEvents.close ends a take that waits", async () => {
  const pending = await pendingInMemory();
  const taken = pending.take(10);
  pending.close();
  assert.deepEqual(await taken, []);
});
