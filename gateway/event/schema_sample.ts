import type { JsonObject, JsonValue } from "./strict_json.ts";
import { clip } from "./text.ts";

/** Longest sample kept per event type, in UTF-16 code units. */
const MAX_SAMPLE_LENGTH = 16 * 1024;
const MAX_STRING_LENGTH = 200;
const MAX_ELEMENTS = 5;

/**
 * A payload as pretty-printed JSON of at most 16 Ki characters. A larger one is shown with its
 * strings and arrays shortened; one that is too large even then is left out: `{}`.
 */
export function sampleOf(payload: JsonObject): string {
  return fitting(payload) ?? fitting(shortened(payload)) ?? "{}";
}

function fitting(value: JsonValue): string | null {
  const text = JSON.stringify(value, null, 2);
  return text.length <= MAX_SAMPLE_LENGTH ? text : null;
}

function shortened(value: JsonValue): JsonValue {
  if (typeof value === "string") return clip(value, MAX_STRING_LENGTH);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.slice(0, MAX_ELEMENTS).map(shortened);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, shortened(member)]),
  );
}
