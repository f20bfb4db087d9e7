import { isJsonObject, type JsonObject, type JsonValue } from "../event/strict_json.ts";
import { classIri, propertyIri } from "./ontology.ts";

/** An event to be exported. */
export interface ExportedEvent {
  /** UUID. */
  readonly id: string;
  readonly type: string;
  /** Arrival, Unix µs. */
  readonly receivedUs: number;
  readonly payload: JsonObject;
}

const XSD = "http://www.w3.org/2001/XMLSchema#";
const PROV_GENERATED = "http://www.w3.org/ns/prov#generatedAtTime";

/**
 * An event as a node of a JSON-LD graph: assertions about the ontology's class. Everything is an
 * absolute IRI or a value, so that nothing in an event can be taken for a keyword, and no context has
 * to be fetched.
 *
 * @see https://www.w3.org/TR/json-ld11/
 */
export function aboxNode(
  ontologyIri: string,
  { id, type, receivedUs, payload }: ExportedEvent,
): Record<string, unknown> {
  return {
    "@id": `urn:uuid:${id}`,
    "@type": classIri(ontologyIri, type),
    [PROV_GENERATED]: {
      "@type": `${XSD}dateTime`,
      "@value": new Date(receivedUs / 1000).toISOString(),
    },
    ...Object.fromEntries(
      Object.entries(payload)
        .filter(([, value]) => value !== null)
        .map(([field, value]) => [propertyIri(ontologyIri, type, field), valueOf(value)]),
    ),
  };
}

function valueOf(value: JsonValue): unknown {
  if (isJsonObject(value) || Array.isArray(value)) return { "@type": "@json", "@value": value };
  return { "@value": value };
}
