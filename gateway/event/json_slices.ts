import { InvalidEventError } from "./errors.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "./json_bytes.ts";
import { invalidJson } from "./json_syntax.ts";
import { decodeUtf8, parseJson } from "./strict_json.ts";

/**
 * Cuts a JSON array into the texts of its elements without parsing them, so that each can be
 * parsed, limited and refused on its own, and stored exactly as it was sent.
 *
 * @param bytes UTF-8 without a byte order mark.
 * @returns Views into `bytes`; what they hold is not checked.
 * @throws {InvalidJsonError} where the array itself is broken or not closed, after the elements
 * before that place.
 * @throws {InvalidEventError} if the JSON is not an array.
 */
export function* jsonArrayElements(bytes: Uint8Array): Generator<Uint8Array> {
  const opening = skipWhitespace(bytes, 0);
  if (bytes[opening] !== OPEN_BRACKET) {
    parseJson(bytes);
    throw new InvalidEventError("", "must be in a JSON array here", "Wrap the events in [ and ].");
  }
  let start = skipWhitespace(bytes, opening + 1);
  let end = start;
  while (bytes[end] !== CLOSE_BRACKET) {
    end = valueEnd(bytes, start);
    if (bytes[end] !== COMMA && bytes[end] !== CLOSE_BRACKET) throw invalidJson(decodeUtf8(bytes));
    yield trimmed(bytes, start, end);
    start = end + 1;
  }
  if (skipWhitespace(bytes, end + 1) !== bytes.length) throw invalidJson(decodeUtf8(bytes));
}

/**
 * The text of one top-level member's value, exactly as it was sent: `JSON.stringify` of the parsed
 * value would round large integers.
 *
 * @param bytes A valid JSON object, UTF-8.
 * @returns A view into `bytes`, or null if there is no such member.
 */
export function jsonMember(bytes: Uint8Array, name: string): Uint8Array | null {
  let i = bytes.indexOf(OPEN_BRACE);
  while (i < bytes.length && bytes[i] !== CLOSE_BRACE) {
    const nameStart = bytes.indexOf(QUOTE, i);
    if (nameStart === -1) return null;
    const nameEnd = stringEnd(bytes, nameStart);
    const valueStart = bytes.indexOf(COLON, nameEnd) + 1;
    i = valueEnd(bytes, valueStart);
    if (JSON.parse(decodeUtf8(bytes.subarray(nameStart, nameEnd))) === name) {
      return trimmed(bytes, valueStart, i);
    }
  }
  return null;
}

/** The comma or closing bracket that ends the value starting at `start`, or `bytes.length`. */
function valueEnd(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = stringEnd(bytes, i) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) {
      return i;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return bytes.length;
}

/** Past the closing quote of the string whose opening quote is at `start`. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}

/** A view of `bytes` from `start` to `end`, without the whitespace around. */
function trimmed(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let last = end;
  while (isWhitespace(bytes[last - 1])) last--;
  return bytes.subarray(Math.min(skipWhitespace(bytes, start), last), last);
}

function skipWhitespace(bytes: Uint8Array, start: number): number {
  let i = start;
  while (isWhitespace(bytes[i])) i++;
  return i;
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
