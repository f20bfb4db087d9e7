import type { JsonValue } from "./strict_json.ts";

/**
 * The first `maxLength` UTF-16 code units of `text`, with an ellipsis where something was cut off.
 * Never cuts a surrogate pair in two, so the result can always be encoded as UTF-8.
 */
export function clip(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const splitsPair = isHighSurrogate(text.charCodeAt(maxLength - 2));
  return text.slice(0, maxLength - (splitsPair ? 2 : 1)) + "…";
}

function isHighSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdbff;
}

/** Names a JSON value in an error message: scalars by their text, containers by their kind. */
export function describeValue(value: JsonValue): string {
  if (value === null || typeof value !== "object") return clip(JSON.stringify(value), 60);
  return Array.isArray(value) ? "an array" : "an object";
}

// deno-lint-ignore no-control-regex -- finding them is the point
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

export function hasControlCharacter(text: string): boolean {
  return CONTROL_CHARACTER.test(text);
}
