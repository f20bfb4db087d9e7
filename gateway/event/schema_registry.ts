import { LearnedSchema, type SchemaState } from "./learned_schema.ts";
import type { JsonObject } from "./strict_json.ts";

const MAX_TYPES = 10_000;
/** Of all types together. */
const MAX_FIELDS = 200_000;

/** The state of one learned schema as it is stored. */
export interface LearnedSchemaRow {
  /** The event type. */
  readonly name: string;
  /** JSON text for {@linkcode SchemaRegistry.restore}. */
  readonly learned: string;
}

/** What a frame says about its event's type. */
export interface Learned {
  /** The type's id, or -1 when there are already too many types to learn another one. */
  readonly intentId: number;
  /** Share of the type's known fields that this event fills, 0 to 1. */
  readonly fillRate: number;
}

const NOT_LEARNED: Learned = { intentId: -1, fillRate: 0 };

/**
 * Learns the shape of every event type from the events themselves.
 *
 * Ids are given in order of first sight, so learning the same events in the same order, from the
 * start or from a snapshot on, gives the same ids again. Bounded to 10,000 types, 1,000 fields
 * each, 200,000 fields in all.
 */
export class SchemaRegistry {
  readonly #schemas = new Map<string, LearnedSchema>();
  readonly #changed = new Set<LearnedSchema>();
  #nextId = 0;
  #fieldCount = 0;
  #refusedEvents = 0;
  #shapeVersion = 0;

  /** A registry that goes on from the latest row of every type. */
  static restore(rows: readonly LearnedSchemaRow[]): SchemaRegistry {
    const registry = new SchemaRegistry();
    const states = rows.map(({ learned }): SchemaState => JSON.parse(learned));
    for (const state of states.sort((a, b) => a.id - b.id)) {
      const schema = new LearnedSchema(state);
      registry.#schemas.set(schema.name, schema);
      registry.#nextId = schema.id + 1;
      registry.#fieldCount += schema.fieldCount;
    }
    return registry;
  }

  /** Number of types known. */
  get size(): number {
    return this.#schemas.size;
  }

  /** Greater when a type, a field or a JSON type of a field was learned. */
  get shapeVersion(): number {
    return this.#shapeVersion;
  }

  /** Events not learned from, because their type would have been one too many. */
  get refusedEvents(): number {
    return this.#refusedEvents;
  }

  /** @param receivedUs The event's arrival, Unix µs. */
  learn(type: string, payload: JsonObject, receivedUs: number): Learned {
    let schema = this.#schemas.get(type);
    if (schema === undefined) {
      if (this.#schemas.size >= MAX_TYPES) {
        this.#refusedEvents++;
        return NOT_LEARNED;
      }
      schema = LearnedSchema.first(this.#nextId++, type, payload, receivedUs);
      this.#schemas.set(type, schema);
      this.#shapeVersion++;
    }
    this.#changed.add(schema);

    const { fieldCount: known, shapeVersion } = schema;
    const fillRate = schema.learn(payload, receivedUs, known + MAX_FIELDS - this.#fieldCount);
    this.#fieldCount += schema.fieldCount - known;
    this.#shapeVersion += schema.shapeVersion - shapeVersion;
    return { intentId: schema.id, fillRate };
  }

  /** What a frame says about an event that was learned from before. */
  measure(type: string, payload: JsonObject): Learned {
    const schema = this.#schemas.get(type);
    if (schema === undefined) return NOT_LEARNED;
    return { intentId: schema.id, fillRate: schema.fillRate(payload) };
  }

  /**
   * The name of the first type, other than `except`, whose events have just these members, besides
   * the one that says the type.
   */
  typeWithFields(fields: readonly string[], except: readonly string[]): string | undefined {
    const wanted = new Set(fields);
    for (const schema of this.#schemas.values()) {
      if (except.includes(schema.name)) continue;
      const names = schema.fieldNames.filter((name) => name !== "type");
      if (names.length === wanted.size && names.every((name) => wanted.has(name))) {
        return schema.name;
      }
    }
    return undefined;
  }

  get(name: string): LearnedSchema | undefined {
    return this.#schemas.get(name);
  }

  /** All schemas, in order of first sight. */
  list(): LearnedSchema[] {
    return [...this.#schemas.values()];
  }

  /** The state of every schema that changed since the last snapshot. */
  takeSnapshot(): LearnedSchemaRow[] {
    const rows = Array.from(this.#changed, (schema): LearnedSchemaRow => ({
      name: schema.name,
      learned: JSON.stringify(schema.state()),
    }));
    this.#changed.clear();
    return rows;
  }

  /** Puts rows that could not be stored back into the next snapshot. */
  returnSnapshot(rows: readonly LearnedSchemaRow[]): void {
    for (const { name } of rows) {
      const schema = this.#schemas.get(name);
      if (schema !== undefined) this.#changed.add(schema);
    }
  }
}
