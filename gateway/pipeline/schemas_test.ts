import assert from "node:assert/strict";
import type { GatewayEvent } from "../event/event.ts";
import { newEvent } from "../store/fixtures.ts";
import { Store } from "../store/store.ts";
import { Schemas } from "./schemas.ts";

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const store = await Store.open({ path: ":memory:" });
  try {
    await test(store);
  } finally {
    await store.close();
  }
}

/** Stores events and learns from them, as the pipeline does. */
async function take(store: Store, schemas: Schemas, events: readonly GatewayEvent[]) {
  await store.append(events);
  for (const event of events) schemas.learn(event);
}

function statesOf(schemas: Schemas) {
  return schemas.registry.list().map((schema) => schema.state());
}

const FIRST = [
  newEvent({ type: "Order", total: 12.5, items: [{ sku: "a" }] }),
  newEvent({ type: "Refund", reason: "broken" }),
  newEvent({ type: "Order", total: 7 }),
];
const SECOND = [
  newEvent({ type: "Refund", reason: null, agent: "x" }),
  newEvent({ type: "Login" }),
  newEvent({ message: "without a type" }),
];

Deno.test("Schemas knows after a restart what it knew before, under the same ids", async () => {
  await withStore(async (store) => {
    const schemas = await Schemas.load(store);
    await take(store, schemas, [...FIRST, ...SECOND]);
    await schemas.close();
    const restarted = await Schemas.load(store);
    assert.deepEqual(statesOf(restarted), statesOf(schemas));
    assert.deepEqual(
      restarted.registry.list().map(({ id, name }) => [id, name]),
      [[0, "Order"], [1, "Refund"], [2, "Login"], [3, "UnknownEvent"]],
    );
  });
});

Deno.test("Schemas learns after a crash what came after the snapshot", async () => {
  await withStore(async (store) => {
    const schemas = await Schemas.load(store);
    await take(store, schemas, FIRST);
    await schemas.save();
    await take(store, schemas, SECOND);
    assert.deepEqual(statesOf(await Schemas.load(store)), statesOf(schemas));
  });
});

Deno.test("Schemas learns everything again when there is no snapshot", async () => {
  await withStore(async (store) => {
    const schemas = await Schemas.load(store);
    // More than are read from the store at once.
    await take(store, schemas, Array.from({ length: 4_100 }, (_, i) => newEvent({ number: i })));
    assert.deepEqual(statesOf(await Schemas.load(store)), statesOf(schemas));
  });
});

Deno.test("Schemas keeps what changed, and once", async () => {
  await withStore(async (store) => {
    const schemas = await Schemas.load(store);
    await take(store, schemas, FIRST);
    await schemas.save();
    const saved: string[][] = [];
    store.saveSchemas = (_throughId, rows) => {
      saved.push(rows.map(({ name }) => name));
      return Promise.resolve();
    };
    await schemas.save();
    assert.deepEqual(saved, []);
    await take(store, schemas, FIRST.slice(1, 2));
    await schemas.save();
    assert.deepEqual(saved, [["Refund"]]);
  });
});

Deno.test("Schemas keeps by itself what 10,000 events have taught", async () => {
  await withStore(async (store) => {
    const schemas = await Schemas.load(store);
    const kept = Promise.withResolvers<void>();
    const { saveSchemas } = store;
    store.saveSchemas = async (throughId, rows) => {
      await saveSchemas.call(store, throughId, rows);
      kept.resolve();
    };
    await take(store, schemas, Array.from({ length: 10_000 }, () => newEvent()));
    await kept.promise;
    const { rows } = await store.loadSchemas();
    assert.deepEqual(rows.map(({ name }) => name), ["Message"]);
  });
});

Deno.test("Schemas keeps with the next snapshot what the store did not take", async () => {
  await withStore(async (store) => {
    const schemas = await Schemas.load(store);
    await take(store, schemas, FIRST);
    const { saveSchemas } = store;
    store.saveSchemas = () => Promise.reject(new Error("the disk is full"));
    await schemas.save();
    store.saveSchemas = saveSchemas;
    await schemas.close();
    const { rows } = await store.loadSchemas();
    assert.deepEqual(rows.map(({ name }) => name).sort(), ["Order", "Refund"]);
  });
});
