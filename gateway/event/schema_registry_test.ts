import assert from "node:assert/strict";
import fc from "fast-check";
import { type LearnedSchemaRow, SchemaRegistry } from "./schema_registry.ts";
import type { JsonObject } from "./strict_json.ts";

const US = 1_000_000;

Deno.test("SchemaRegistry gives ids in order of first sight and keeps them", () => {
  const registry = new SchemaRegistry();
  const ids = ["A", "B", "A", "C", "B"].map((type) => registry.learn(type, {}, 0).intentId);
  assert.deepEqual(ids, [0, 1, 0, 2, 1]);
  assert.deepEqual(registry.list().map(({ name }) => name), ["A", "B", "C"]);
});

Deno.test("SchemaRegistry describes a type by the fields of its events", () => {
  const registry = new SchemaRegistry();
  registry.learn(
    "Order",
    { id: 1, total: 2, note: "x", "@context": "https://schema.org" },
    10 * US,
  );
  registry.learn("Order", { id: 2, total: 2.5, note: null, "@context": { a: "b" } }, 30 * US);
  registry.learn("Order", { id: 3, paid: true, items: [], buyer: {} }, 20 * US);
  assert.deepEqual(registry.get("Order")!.toJson(), {
    name: "Order",
    fields: ["id", "total", "note", "@context", "paid", "items", "buyer"],
    sample: '{\n  "id": 1,\n  "total": 2,\n  "note": "x",\n  "@context": "https://schema.org"\n}',
    context: { a: "b" },
    id: 0,
    events: 3,
    first_seen: "1970-01-01T00:00:10.000Z",
    last_seen: "1970-01-01T00:00:30.000Z",
    field_details: {
      id: { types: { integer: 3 }, present: 3, presence: 1 },
      total: { types: { integer: 1, number: 1 }, present: 2, presence: 2 / 3 },
      note: { types: { string: 1, null: 1 }, present: 2, presence: 2 / 3 },
      "@context": { types: { string: 1, object: 1 }, present: 2, presence: 2 / 3 },
      paid: { types: { boolean: 1 }, present: 1, presence: 1 / 3 },
      items: { types: { array: 1 }, present: 1, presence: 1 / 3 },
      buyer: { types: { object: 1 }, present: 1, presence: 1 / 3 },
    },
  });
  assert.equal(registry.get("Refund"), undefined);
});

Deno.test("SchemaRegistry learns members named like properties of Object.prototype", () => {
  const registry = new SchemaRegistry();
  const payload = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}');
  registry.learn("__proto__", payload, 0);
  const { fields, field_details } = registry.get("__proto__")!.toJson();
  assert.deepEqual(fields, ["__proto__", "constructor", "toString"]);
  assert.deepEqual(Object.keys(field_details), fields);
});

Deno.test("the fill rate is the share of the known fields that are present and not null", () => {
  const registry = new SchemaRegistry();
  const fillRate = (payload: JsonObject) => registry.learn("T", payload, 0).fillRate;
  assert.equal(fillRate({}), 0);
  assert.equal(fillRate({ a: 1, b: 2 }), 1);
  assert.equal(fillRate({ b: 1 }), 1 / 2);
  assert.equal(fillRate({ b: null, a: 0 }), 1 / 2);
  assert.equal(fillRate({ c: "", d: false }), 2 / 4);
});

Deno.test("the fill rate follows its definition in any order of members and events", () => {
  const payload = fc.dictionary(
    fc.constantFrom("a", "b", "c", "d", "e"),
    fc.constantFrom(1, null, "x"),
  );
  fc.assert(fc.property(fc.array(payload), (payloads) => {
    const registry = new SchemaRegistry();
    const known = new Set<string>();
    for (const payload of payloads) {
      for (const name of Object.keys(payload)) known.add(name);
      const filled = Object.values(payload).filter((value) => value !== null).length;
      const expected = known.size === 0 ? 0 : filled / known.size;
      assert.equal(registry.learn("T", payload, 0).fillRate, expected);
    }
  }));
});

Deno.test("a registry restored from snapshots goes on as if it had never stopped", () => {
  const event = fc.tuple(
    fc.constantFrom("A", "B", "C"),
    fc.dictionary(fc.constantFrom("a", "b", "@context"), fc.jsonValue({ maxDepth: 1 })),
    fc.nat(),
    fc.boolean(),
  );
  fc.assert(fc.property(fc.array(event), (events) => {
    const whole = new SchemaRegistry();
    let restarted = new SchemaRegistry();
    const stored = new Map<string, LearnedSchemaRow>();
    for (const [type, value, receivedUs, restart] of events) {
      const payload = value as JsonObject;
      if (restart) {
        for (const row of restarted.takeSnapshot()) stored.set(row.name, row);
        restarted = SchemaRegistry.restore([...stored.values()].reverse());
      }
      const expected = whole.learn(type, payload, receivedUs);
      assert.deepEqual(restarted.learn(type, payload, receivedUs), expected);
    }
    const schemas = (registry: SchemaRegistry) => registry.list().map((schema) => schema.toJson());
    assert.deepEqual(schemas(restarted), schemas(whole));
  }));
});

Deno.test("a snapshot holds what changed since the last one, and again what was returned", () => {
  const registry = new SchemaRegistry();
  const changed = () => registry.takeSnapshot().map(({ name }) => name);
  registry.learn("A", {}, 0);
  registry.learn("B", {}, 0);
  assert.deepEqual(changed(), ["A", "B"]);
  registry.learn("B", {}, 0);
  const unsaved = registry.takeSnapshot();
  assert.deepEqual(unsaved.map(({ name }) => name), ["B"]);
  assert.deepEqual(changed(), []);
  registry.returnSnapshot(unsaved);
  assert.deepEqual(changed(), ["B"]);
});

Deno.test("SchemaRegistry learns 10,000 types and counts the events of any more", () => {
  const registry = new SchemaRegistry();
  for (let i = 0; i < 10_000; i++) registry.learn(`T${i}`, {}, 0);
  assert.deepEqual(registry.learn("late", { a: 1 }, 0), { intentId: -1, fillRate: 0 });
  registry.learn("late", {}, 0);
  assert.equal(registry.learn("T9999", {}, 0).intentId, 9_999);
  assert.deepEqual([registry.size, registry.refusedEvents], [10_000, 2]);
  assert.equal(registry.get("late"), undefined);
});

Deno.test("SchemaRegistry learns 1,000 fields per type with names of at most 256 characters", () => {
  const registry = new SchemaRegistry();
  const wide = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`f${i}`, i]));
  assert.equal(registry.learn("Wide", wide, 0).fillRate, 1);
  assert.equal(registry.get("Wide")!.fieldCount, 1_000);
  registry.learn("Long", { ["n".repeat(257)]: 1, ["n".repeat(256)]: 1 }, 0);
  assert.equal(registry.get("Long")!.fieldCount, 1);
});

Deno.test("SchemaRegistry learns 200,000 fields in all, counting restored ones", () => {
  const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i]));
  const registry = new SchemaRegistry();
  for (let i = 0; i < 200; i++) registry.learn(`T${i}`, wide, 0);
  const restored = SchemaRegistry.restore(registry.takeSnapshot());
  for (const full of [registry, restored]) {
    full.learn("late", { a: 1 }, 0);
    assert.equal(full.get("late")!.fieldCount, 0);
    assert.equal(full.get("T0")!.fieldCount, 1_000);
  }
});

Deno.test("SchemaRegistry keeps no @context that is large or no object", () => {
  const registry = new SchemaRegistry();
  for (const context of [["a"], null, { a: "x".repeat(16 * 1024) }]) {
    registry.learn("T", { "@context": context }, 0);
  }
  assert.equal(registry.get("T")!.toJson().context, null);
});

Deno.test("SchemaRegistry finds the type whose events have just these members", () => {
  const registry = new SchemaRegistry();
  registry.learn("UnknownEvent", { a: 1, b: 2 }, 1);
  registry.learn("Order", { type: "Order", a: 1, b: "x" }, 2);
  const find = (...fields: string[]) => registry.typeWithFields(fields, ["UnknownEvent"]);
  assert.equal(find("b", "a"), "Order");
  assert.equal(find("a"), undefined);
  assert.equal(find("a", "b", "c"), undefined);
});
