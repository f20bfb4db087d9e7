import assert from "node:assert/strict";
import { SchemaRegistry } from "../event/schema_registry.ts";
import { ExportBodies } from "./export_body.ts";

const IRI = "urn:x#";
const EVENT = {
  id: "0190163d-8694-739b-aea5-966c26f8ad91",
  receivedUs: 1_700_000_000_000_000,
  type: "Order",
  typed: true,
  conversationId: null,
  attributes: null,
  payload: '{"type":"Order","total":1}',
  frameId: null,
};

Deno.test("ExportBodies makes JSON of ontology and events", async () => {
  const registry = new SchemaRegistry();
  registry.learn("Order", { total: 1 }, 1);
  const madeAt = new Date("2026-01-02T03:04:05Z");
  const body = JSON.parse(await new ExportBodies(registry).make(IRI, [EVENT, EVENT], madeAt));
  assert.deepEqual(Object.keys(body), [
    "ontology_ttl",
    "abox_jsonld",
    "exported_at",
    "event_count",
  ]);
  assert.match(body.ontology_ttl, /Order/);
  assert.equal(body.abox_jsonld["@graph"].length, 2);
  assert.deepEqual([body.exported_at, body.event_count], ["2026-01-02T03:04:05.000Z", 2]);
  const empty = JSON.parse(await new ExportBodies(registry).make(IRI, [], madeAt));
  assert.deepEqual(empty.abox_jsonld, { "@graph": [] });
});

Deno.test("ExportBodies makes the ontology again when it would be another, and only then", async () => {
  const registry = new SchemaRegistry();
  let lists = 0;
  const list = registry.list.bind(registry);
  registry.list = () => {
    lists++;
    return list();
  };
  const bodies = new ExportBodies(registry);
  const turtle = async (iri = IRI) =>
    JSON.parse(await bodies.make(iri, [], new Date())).ontology_ttl as string;
  registry.learn("Order", { total: 1 }, 1);
  const first = await turtle();
  registry.learn("Order", { total: 2 }, 2);
  assert.equal(await turtle(), first);
  assert.equal(lists, 1, "it was made again for nothing");
  registry.learn("Order", { total: "3" }, 3);
  const widened = await turtle();
  registry.learn("Order", { total: 4, paid: true }, 4);
  const grown = await turtle();
  registry.learn("Refund", {}, 5);
  const another = await turtle();
  assert.equal(new Set([first, widened, grown, another, await turtle("urn:y#")]).size, 5);
  assert.match(another, /Refund/);
});
