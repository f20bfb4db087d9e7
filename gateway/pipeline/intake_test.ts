import assert from "node:assert/strict";
import { eventFromJson, type GatewayEvent } from "../event/event.ts";
import { formatUuid, UuidV7 } from "../event/uuid_v7.ts";
import { StoreUnavailableError } from "../store/errors.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import { IdempotencyWindow } from "./idempotency.ts";
import { Intake, type IntakeParts } from "./intake.ts";
import { Metrics } from "./metrics.ts";

/** A store whose groups are committed, or refused, by the test. */
class ScriptedStore {
  readonly isCrowded = false;
  readonly groups: (PromiseWithResolvers<void> & { readonly events: readonly GatewayEvent[] })[] =
    [];
  readonly stored: GatewayEvent[] = [];
  isReadable = true;

  async append(events: readonly GatewayEvent[]): Promise<void> {
    const group = { events, ...Promise.withResolvers<void>() };
    this.groups.push(group);
    await group.promise;
    this.stored.push(...events);
  }

  eventsByIds(ids: readonly string[]): Promise<StoredEvent[]> {
    if (!this.isReadable) return Promise.reject(new Error("IO Error"));
    const found = this.stored.filter(({ id }) => ids.includes(formatUuid(id)));
    return Promise.resolve(found.map((event) => ({ ...event, id: formatUuid(event.id) }) as never));
  }
}

function intakeOver(store: ScriptedStore): Intake {
  return new Intake(
    {
      ids: new UuidV7(),
      store,
      schemas: { learn: () => ({ intentId: 0, fillRate: 1 }) },
      pending: { offer: () => {}, doubt: () => {}, isCrowded: false },
      idempotency: new IdempotencyWindow(),
      metrics: new Metrics(),
      namer: null,
      inferTimeoutMs: 0,
      canPublish: () => true,
    } satisfies IntakeParts,
  );
}

function eventWith(key: string | null): GatewayEvent {
  return eventFromJson(new TextEncoder().encode('{"type":"Message"}'), {
    receivedUs: 1_700_000_000_123_456,
    idempotencyKey: key,
  });
}

/** Resolves when the store has been asked for so many groups. */
async function asked(store: ScriptedStore, groups: number): Promise<void> {
  while (store.groups.length < groups) await new Promise((resolve) => setTimeout(resolve));
}

const FULL = new StoreUnavailableError("the disk is full");

Deno.test("Intake takes an event in whose twin turns out not to be stored", async () => {
  const store = new ScriptedStore();
  const intake = intakeOver(store);
  const single = intake.accept(eventWith("k"));
  const batch = intake.acceptBatch([eventWith("k"), eventWith(null), eventWith("k")]);
  store.groups[0]!.reject(FULL);
  await assert.rejects(single, StoreUnavailableError);
  await asked(store, 2);
  store.groups[1]!.resolve();
  assert.equal(await batch, 1);
  assert.deepEqual(store.stored.map(({ idempotencyKey }) => idempotencyKey), ["k", null]);
});

Deno.test("Intake waits for a twin that is being stored", async () => {
  const store = new ScriptedStore();
  const intake = intakeOver(store);
  const single = intake.accept(eventWith("k"));
  const batch = intake.acceptBatch([eventWith("k")]);
  store.groups[0]!.resolve();
  assert.equal(await batch, 1);
  assert.equal((await single).duplicate, false);
  assert.equal(store.groups.length, 1);
});

Deno.test("Intake knows an event again that was stored although it was refused", async () => {
  const store = new ScriptedStore();
  const intake = intakeOver(store);
  const [kept, lost] = [eventWith("kept"), eventWith("lost")];
  const refused = intake.acceptBatch([kept, lost]);
  store.stored.push(kept);
  store.groups[0]!.reject(FULL);
  await assert.rejects(refused, StoreUnavailableError);

  store.isReadable = false;
  await assert.rejects(intake.accept(eventWith("kept")), StoreUnavailableError);
  await assert.rejects(intake.acceptBatch([eventWith("kept")]), StoreUnavailableError);
  store.isReadable = true;
  const again = await intake.accept(eventWith("kept"));
  assert.deepEqual(again, { id: formatUuid(kept.id), type: "Message", duplicate: true });
  const batch = intake.acceptBatch([eventWith("kept"), eventWith("lost")]);
  await asked(store, 2);
  store.groups[1]!.resolve();
  assert.equal(await batch, 1);
  assert.deepEqual(store.stored.map(({ idempotencyKey }) => idempotencyKey), ["kept", "lost"]);
});
