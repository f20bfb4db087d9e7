import { sampleOf } from "./schema_sample.ts";
import type { JsonObject, JsonValue } from "./strict_json.ts";

/** JSON's types as JSON Schema names them, integers apart; field counts are in this order. */
const JSON_TYPES = ["string", "integer", "number", "boolean", "null", "object", "array"] as const;

type JsonTypeName = typeof JSON_TYPES[number];

/** The most fields learned per event type. */
const MAX_FIELDS_PER_TYPE = 1_000;
const MAX_FIELD_NAME_LENGTH = 256;
const MAX_CONTEXT_LENGTH = 16 * 1024;

/** A learned event type as the API shows it. */
export interface SchemaJson {
  readonly name: string;
  /** Names of the top-level members, in order of first sight. */
  readonly fields: string[];
  /** The first payload, pretty-printed JSON. */
  readonly sample: string;
  /** The first JSON-LD `@context` object that was sent. */
  readonly context: JsonObject | null;
  /** The intent_id in frames. */
  readonly id: number;
  readonly events: number;
  /** ISO 8601. */
  readonly first_seen: string;
  /** ISO 8601. */
  readonly last_seen: string;
  readonly field_details: Record<string, FieldJson>;
}

/** How often a field was there, and with which types. */
export interface FieldJson {
  readonly types: Partial<Record<JsonTypeName, number>>;
  /** Events that had the field, null included. */
  readonly present: number;
  /** `present` as a share of all events of the type, 0 to 1. */
  readonly presence: number;
}

/** Everything a {@linkcode LearnedSchema} knows, as it is stored. */
export interface SchemaState {
  readonly id: number;
  readonly name: string;
  readonly sample: string;
  readonly context: JsonObject | null;
  readonly events: number;
  readonly firstSeenUs: number;
  readonly lastSeenUs: number;
  /** Each field's name, and its number of values by type: string, integer, number, boolean, null,
   * object, array. */
  readonly fields: readonly (readonly [name: string, counts: readonly number[]])[];
}

interface Field {
  readonly name: string;
  /** Where it stands among the fields, in order of first sight. */
  readonly index: number;
  /** Number of values of each of {@linkcode JSON_TYPES}. */
  readonly counts: number[];
}

/** What has been learned of one event type from the payloads seen so far. */
export class LearnedSchema {
  readonly id: number;
  readonly name: string;
  readonly #sample: string;
  readonly #firstSeenUs: number;
  #lastSeenUs: number;
  #events: number;
  #shapeVersion = 0;
  #context: JsonObject | null;
  readonly #fields: Field[] = [];
  readonly #fieldsByName = new Map<string, Field>();

  constructor(state: SchemaState) {
    this.id = state.id;
    this.name = state.name;
    this.#sample = state.sample;
    this.#context = state.context;
    this.#events = state.events;
    this.#firstSeenUs = state.firstSeenUs;
    this.#lastSeenUs = state.lastSeenUs;
    for (const [name, counts] of state.fields) this.#addField(name, [...counts]);
  }

  /** A schema that has learned nothing yet, with the type's first payload as its sample. */
  static first(id: number, name: string, payload: JsonObject, seenUs: number): LearnedSchema {
    return new LearnedSchema({
      id,
      name,
      sample: sampleOf(payload),
      context: null,
      events: 0,
      firstSeenUs: seenUs,
      lastSeenUs: seenUs,
      fields: [],
    });
  }

  /** Events that it was learned from. */
  get events(): number {
    return this.#events;
  }

  /** Greater when a field, or a JSON type of a field, was learned. */
  get shapeVersion(): number {
    return this.#shapeVersion;
  }

  /** Number of top-level members known. */
  get fieldCount(): number {
    return this.#fields.length;
  }

  /** The top-level members known, in order of first sight. */
  get fieldNames(): string[] {
    return this.#fields.map(({ name }) => name);
  }

  /**
   * Counts one payload.
   *
   * @param fieldsMax How many fields the schema may know afterwards; others are not learned.
   * @returns The share of the fields known afterwards that are present and not null, 0 to 1.
   */
  learn(payload: JsonObject, seenUs: number, fieldsMax: number): number {
    this.#events++;
    if (seenUs > this.#lastSeenUs) this.#lastSeenUs = seenUs;
    this.#context ??= contextOf(payload);

    let filled = 0;
    let index = 0;
    for (const name in payload) {
      // Payloads of one type mostly have the same members in the same order: no look-up then.
      let field = this.#fields[index];
      if (field?.name !== name) {
        field = this.#fieldsByName.get(name) ?? this.#newField(name, fieldsMax);
        if (field === undefined) continue;
      }
      index = field.index + 1;
      const value = payload[name]!;
      if (value !== null) filled++;
      if (field.counts[typeIndex(value)]!++ === 0) this.#shapeVersion++;
    }
    return this.#fields.length === 0 ? 0 : filled / this.#fields.length;
  }

  /** Share of the known fields that the payload fills: present and not null, 0 to 1. */
  fillRate(payload: JsonObject): number {
    if (this.#fields.length === 0) return 0;
    let filled = 0;
    for (const { name } of this.#fields) {
      if (Object.hasOwn(payload, name) && payload[name] !== null) filled++;
    }
    return filled / this.#fields.length;
  }

  /** What is stored, for the constructor to begin from. */
  state(): SchemaState {
    return {
      id: this.id,
      name: this.name,
      sample: this.#sample,
      context: this.#context,
      events: this.#events,
      firstSeenUs: this.#firstSeenUs,
      lastSeenUs: this.#lastSeenUs,
      fields: this.#fields.map(({ name, counts }) => [name, counts]),
    };
  }

  /** The schema in the form of `GET /api/schemas/{name}`. */
  toJson(): SchemaJson {
    return {
      name: this.name,
      fields: this.fieldNames,
      sample: this.#sample,
      context: this.#context,
      id: this.id,
      events: this.#events,
      first_seen: new Date(this.#firstSeenUs / 1000).toISOString(),
      last_seen: new Date(this.#lastSeenUs / 1000).toISOString(),
      field_details: Object.fromEntries(
        this.#fields.map(({ name, counts }) => [name, this.#fieldJson(counts)]),
      ),
    };
  }

  #fieldJson(counts: readonly number[]): FieldJson {
    const present = counts.reduce((sum, count) => sum + count, 0);
    return {
      types: Object.fromEntries(
        JSON_TYPES.map((type, i) => [type, counts[i]!] as const).filter(([, count]) => count > 0),
      ),
      present,
      presence: present / this.#events,
    };
  }

  #newField(name: string, fieldsMax: number): Field | undefined {
    const limit = Math.min(fieldsMax, MAX_FIELDS_PER_TYPE);
    if (this.#fields.length >= limit || name.length > MAX_FIELD_NAME_LENGTH) return undefined;
    return this.#addField(name, JSON_TYPES.map(() => 0));
  }

  #addField(name: string, counts: number[]): Field {
    const field = { name, index: this.#fields.length, counts };
    this.#fields.push(field);
    this.#fieldsByName.set(name, field);
    return field;
  }
}

/** Index in {@linkcode JSON_TYPES}. */
function typeIndex(value: JsonValue): number {
  switch (typeof value) {
    case "string":
      return 0;
    case "number":
      return Number.isInteger(value) ? 1 : 2;
    case "boolean":
      return 3;
    default:
      if (value === null) return 4;
      return Array.isArray(value) ? 6 : 5;
  }
}

function contextOf(payload: JsonObject): JsonObject | null {
  const context = payload["@context"];
  if (typeof context !== "object" || context === null || Array.isArray(context)) return null;
  return JSON.stringify(context).length <= MAX_CONTEXT_LENGTH ? context as JsonObject : null;
}
