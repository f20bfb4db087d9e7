import { restoreEvent } from "../event/event.ts";
import type { SchemaRegistry } from "../event/schema_registry.ts";
import { parseUuid } from "../event/uuid_v7.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import { aboxNode } from "./abox.ts";
import { ontologyTurtle } from "./ontology.ts";
import { TimeSlices } from "./time_slices.ts";

/** An ontology, and what it was made of. */
interface Ontology {
  readonly iri: string;
  readonly shapeVersion: number;
  readonly turtle: string;
}

/** Makes what is posted to a webhook: the ontology, and events as assertions about it. */
export class ExportBodies {
  readonly #registry: SchemaRegistry;
  /** The newest: of many types, it takes seconds to make. */
  #ontology: Ontology | null = null;

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  /** @returns JSON text */
  async make(ontologyIri: string, events: readonly StoredEvent[], madeAt: Date): Promise<string> {
    const turtle = await this.#turtle(ontologyIri);
    const slices = new TimeSlices();
    const nodes: string[] = [];
    for (const event of events) {
      if (slices.isOver) await slices.next();
      nodes.push(JSON.stringify(aboxNode(ontologyIri, exported(event))));
    }
    return `{"ontology_ttl":${JSON.stringify(turtle)},` +
      `"abox_jsonld":{"@graph":[${nodes.join(",")}]},` +
      `"exported_at":${JSON.stringify(madeAt.toISOString())},"event_count":${events.length}}`;
  }

  async #turtle(iri: string): Promise<string> {
    const { shapeVersion } = this.#registry;
    if (this.#ontology?.iri !== iri || this.#ontology.shapeVersion !== shapeVersion) {
      const schemas = this.#registry.list().values().map((schema) => schema.toJson());
      const turtle = await ontologyTurtle(iri, schemas);
      this.#ontology = { iri, shapeVersion, turtle };
    }
    return this.#ontology.turtle;
  }
}

function exported(stored: StoredEvent) {
  const { payload } = restoreEvent({ ...stored, id: parseUuid(stored.id)! });
  return { id: stored.id, type: stored.type, receivedUs: stored.receivedUs, payload };
}
