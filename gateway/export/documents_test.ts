import assert from "node:assert/strict";
import jsonld from "jsonld";
import { Parser } from "n3";
import { SchemaRegistry } from "../event/schema_registry.ts";
import { aboxNode, type ExportedEvent } from "./abox.ts";
import { ontologyTurtle } from "./ontology.ts";

const IRI = "urn:collider:ontology#";
const RDFS = "http://www.w3.org/2000/01/rdf-schema#";
const XSD = "http://www.w3.org/2001/XMLSchema#";
/** Names and values that would break out of what is written carelessly. */
const AWKWARD = {
  "@id": "javascript:alert(1)",
  "@context": "https://evil.example/context",
  'a "quoted" <name>': 'line\nbreak \\ "',
  "é/ü#?": [1, { "@type": "x" }],
  "": null,
  __proto__x: true,
};

type Term = { readonly value: string };
type Quad = Readonly<Record<"subject" | "predicate" | "object", Term>>;

function quadsOf(turtle: string): Quad[] {
  return new Parser().parse(turtle);
}

function schemasOf(...events: [type: string, payload: Record<string, unknown>][]) {
  const registry = new SchemaRegistry();
  for (const [type, payload] of events) registry.learn(type, payload as never, 1);
  return registry.list().map((schema) => schema.toJson());
}

Deno.test("ontologyTurtle has a class for each type and a property with a range for each field", async () => {
  const schemas = schemasOf(
    ["Order", { total: 1, paid: true, name: "x", tags: [], note: null }],
    ["Order", { total: 1.5, paid: false, name: 7 }],
  );
  const quads = quadsOf(await ontologyTurtle(IRI, schemas));
  const rangeOf = (field: string) =>
    quads.find(({ subject, predicate }) =>
      subject.value === `${IRI}Order.${field}` && predicate.value === `${RDFS}range`
    )?.object.value;
  assert.equal(rangeOf("total"), `${XSD}double`);
  assert.equal(rangeOf("paid"), `${XSD}boolean`);
  assert.match(rangeOf("name")!, /JSON$/);
  assert.match(rangeOf("tags")!, /JSON$/);
  const domains = quads.filter(({ predicate }) => predicate.value === `${RDFS}domain`);
  assert.equal(domains.length, 5);
  assert.ok(domains.every(({ object }) => object.value === `${IRI}Order`));
});

Deno.test("ontologyTurtle is valid whatever types and fields are called", async () => {
  const schemas = schemasOf(["Weird <type> é", AWKWARD], ["Other", { a: 1 }]);
  const quads = quadsOf(await ontologyTurtle("https://example.com/onto/", schemas));
  const labels = quads.filter(({ predicate }) => predicate.value === `${RDFS}label`)
    .map(({ object }) => object.value);
  for (const name of ["Weird <type> é", ...Object.keys(AWKWARD)]) assert.ok(labels.includes(name));
});

Deno.test("aboxNode is valid, and fetches nothing", async () => {
  const events = [
    {
      id: "0190163d-8694-739b-aea5-966c26f8ad91",
      type: "Order",
      receivedUs: 1e15,
      payload: { total: 7 },
    },
    {
      id: "0190163d-8694-739b-aea5-966c26f8ad92",
      type: "Weird",
      receivedUs: 1e15,
      payload: AWKWARD,
    },
  ];
  const document = { "@graph": events.map((event) => aboxNode(IRI, event as ExportedEvent)) };
  const quads = await jsonld.toRDF(document as never, {
    documentLoader: (url: string) => Promise.reject(new Error(`it fetches ${url}`)),
  }) as unknown as Quad[];
  const total = quads.find(({ predicate }) => predicate.value === `${IRI}Order.total`)!;
  assert.equal(total.subject.value, "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91");
  assert.equal(total.object.value, "7");
  assert.ok(quads.some(({ predicate }) => predicate.value === `${IRI}Weird.%40id`));
  assert.ok(quads.every(({ subject }) => subject.value.startsWith("urn:uuid:")));
});
