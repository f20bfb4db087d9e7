import { type GatewayEvent, UNKNOWN_EVENT } from "./event.ts";
import { isJsonObject, type JsonValue } from "./strict_json.ts";
import { clip } from "./text.ts";

const MAX_TEXT_LENGTH = 8192;
const MAX_DEPTH = 8;

/** Top-level members that are bytes or references rather than something said. */
const NOT_TEXT = new Set(["type", "image", "image_path", "data_base64"]);

/**
 * What an event says, as text to be embedded or classified: its `message`; without one, its type
 * and then its strings and numbers, one `key: value` a line, inner ones as `order.total: 12`.
 *
 * At most 8,192 UTF-16 code units, at most 8 levels deep.
 */
export function eventText(event: Pick<GatewayEvent, "type" | "message" | "payload">): string {
  if (event.message !== null && event.message.trim() !== "") {
    return clip(event.message, MAX_TEXT_LENGTH);
  }
  const lines = new TextLines();
  if (event.type !== UNKNOWN_EVENT) lines.add("type", event.type);
  for (const [name, value] of Object.entries<JsonValue>(event.payload)) {
    if (!NOT_TEXT.has(name)) flatten(name, value, lines, 1);
  }
  return clip(lines.text, MAX_TEXT_LENGTH);
}

class TextLines {
  text = "";

  get full(): boolean {
    return this.text.length >= MAX_TEXT_LENGTH;
  }

  add(key: string, value: string | number): void {
    this.text += `${this.text === "" ? "" : "\n"}${key}: ${value}`;
  }
}

function flatten(key: string, value: JsonValue, lines: TextLines, depth: number): void {
  if (lines.full || depth > MAX_DEPTH) return;
  if (typeof value === "string" || typeof value === "number") {
    lines.add(key, value);
  } else if (Array.isArray(value)) {
    for (const element of value) flatten(key, element, lines, depth + 1);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      flatten(`${key}.${name}`, member, lines, depth + 1);
    }
  }
}
