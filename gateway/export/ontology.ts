import type { FieldJson, SchemaJson } from "../event/learned_schema.ts";
import { TimeSlices } from "./time_slices.ts";

const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const RDFS = "http://www.w3.org/2000/01/rdf-schema#";
const OWL = "http://www.w3.org/2002/07/owl#";
const XSD = "http://www.w3.org/2001/XMLSchema#";

/** Ranges of the JSON types; of several types, the first that holds all of them. */
const RANGES: readonly (readonly [types: ReadonlySet<string>, range: string])[] = [
  [new Set(["boolean"]), `${XSD}boolean`],
  [new Set(["integer"]), `${XSD}integer`],
  [new Set(["integer", "number"]), `${XSD}double`],
  [new Set(["string"]), `${XSD}string`],
];
/** Any JSON value. */
const JSON_RANGE = `${RDF}JSON`;

/** The class of an event type. */
export function classIri(ontologyIri: string, type: string): string {
  return ontologyIri + encodeURIComponent(type);
}

/** The property of a field of an event type: types may mean different things by one name. */
export function propertyIri(ontologyIri: string, type: string, field: string): string {
  return `${classIri(ontologyIri, type)}.${encodeURIComponent(field)}`;
}

/**
 * What was learned of the event types, as an OWL ontology in Turtle: a class for each type, and a
 * datatype property for each of its fields, with the range that its JSON types call for.
 *
 * @see https://www.w3.org/TR/turtle/
 * @see https://www.w3.org/TR/owl2-quick-reference/
 */
export async function ontologyTurtle(
  ontologyIri: string,
  schemas: Iterable<SchemaJson>,
): Promise<string> {
  // Not before somebody wants it: loading it takes 50 ms.
  const { DataFactory, Writer } = await import("n3");
  const slices = new TimeSlices();
  const writer = new Writer({
    prefixes: { rdf: RDF, rdfs: RDFS, owl: OWL, xsd: XSD, "": ontologyIri },
  });
  const { namedNode, literal } = DataFactory;
  const add = (subject: string, predicate: string, object: string) =>
    writer.addQuad(namedNode(subject), namedNode(predicate), namedNode(object));
  const label = (subject: string, text: string) =>
    writer.addQuad(namedNode(subject), namedNode(`${RDFS}label`), literal(text));

  add(ontologyIri.replace(/[#/]$/, ""), `${RDF}type`, `${OWL}Ontology`);
  for (const { name, field_details } of schemas) {
    if (slices.isOver) await slices.next();
    const type = classIri(ontologyIri, name);
    add(type, `${RDF}type`, `${OWL}Class`);
    label(type, name);
    for (const [field, details] of Object.entries(field_details)) {
      const property = propertyIri(ontologyIri, name, field);
      add(property, `${RDF}type`, `${OWL}DatatypeProperty`);
      label(property, field);
      add(property, `${RDFS}domain`, type);
      add(property, `${RDFS}range`, rangeOf(details));
    }
  }
  let turtle = "";
  writer.end((error: Error | null, result: string) => {
    if (error) throw error;
    turtle = result;
  });
  return turtle;
}

function rangeOf({ types }: FieldJson): string {
  const seen = Object.keys(types).filter((type) => type !== "null");
  const found = RANGES.find(([allowed]) =>
    seen.length > 0 && seen.every((type) => allowed.has(type))
  );
  return found?.[1] ?? JSON_RANGE;
}
