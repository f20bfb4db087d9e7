import {
  DuplicateMemberError,
  InvalidUtf8Error,
  LoneSurrogateError,
  NumberOverflowError,
  TooDeepError,
  TooManyMembersError,
} from "./errors.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "./json_bytes.ts";
import { findDefect, findDuplicateMember } from "./json_defects.ts";
import { invalidJson } from "./json_syntax.ts";

/** Any JSON value, as `JSON.parse` makes it. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object; a member named `__proto__` is an own property like any other. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** Whether a JSON value is an object, and so not an array, a scalar or null. */
export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Bounds on the shape of a JSON text; its size is bounded by whoever reads the body. */
export interface JsonLimits {
  /** Arrays and objects inside each other, the outermost counted. */
  readonly maxDepth: number;
  /** Members (name and value) of all objects together. */
  readonly maxMembers: number;
}

/** Bounds that hold unless others are given. */
export const DEFAULT_LIMITS: JsonLimits = { maxDepth: 64, maxMembers: 10_000 };

const LETTER_U = 0x75;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses one JSON text strictly: RFC 8259, and of I-JSON (RFC 7493) what keeps a stored event
 * readable everywhere: UTF-8, no duplicate member names (section 2.3), no lone surrogates
 * (section 2.1; SQL over the stored text would fail on them) and no numbers beyond a double.
 *
 * Linear in the number of bytes; the depth is known before anything recursive runs.
 *
 * @param bytes UTF-8, with or without a byte order mark.
 * @param decoded The same as `bytes`, where that is known.
 * @throws {InvalidUtf8Error | InvalidJsonError} with the place of the mistake.
 * @throws {TooDeepError | TooManyMembersError} beyond `limits`, before the text is parsed.
 * @throws {DuplicateMemberError | NumberOverflowError | LoneSurrogateError} with the path.
 */
export function parseJson(
  bytes: Uint8Array,
  limits: JsonLimits = DEFAULT_LIMITS,
  decoded?: string,
): JsonValue {
  const { members, escapesSurrogates } = scan(bytes, limits);
  const text = decoded ?? decodeUtf8(bytes);
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidJson(text);
  }

  if (countMembers(value) !== members) refuseDuplicateOrOverflow(text, value);
  if (escapesSurrogates) refuseLoneSurrogates(value);
  return value;
}

/** `bytes` without the byte order mark that RFC 8259 section 8.1 lets a parser ignore. */
export function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.subarray(3) : bytes;
}

/**
 * Decodes UTF-8, dropping a byte order mark.
 *
 * @throws {InvalidUtf8Error}
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    // A lenient decoder puts U+FFFD where the bytes are wrong, so re-encoding shows the place.
    const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const repaired = new TextEncoder().encode(lenient);
    throw new InvalidUtf8Error(repaired.findIndex((byte, i) => byte !== bytes[i]));
  }
}

/**
 * One pass over the bytes outside strings. Every member of a valid text has one colon there, which
 * is compared later with what `JSON.parse` kept: a difference is a duplicate name.
 */
function scan(bytes: Uint8Array, limits: JsonLimits) {
  const length = bytes.length;
  let depth = 0;
  let members = 0;
  let escapesSurrogates = false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; i < length && bytes[i] !== QUOTE; i++) {
        if (bytes[i] !== BACKSLASH) continue;
        i++;
        // \ud800 to \udfff, in either case of the letter; other \ud… cost only a second look.
        if (bytes[i] === LETTER_U && (bytes[i + 1]! | 0x20) === 0x64) escapesSurrogates = true;
      }
    } else if (byte === COLON) {
      if (++members > limits.maxMembers) throw new TooManyMembersError(limits.maxMembers);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > limits.maxDepth) throw new TooDeepError(limits.maxDepth);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
    }
  }
  return { members, escapesSurrogates };
}

/** Members of all objects in `value`, or NaN where a number overflowed to an infinity. */
function countMembers(value: JsonValue): number {
  if (typeof value === "number") return Number.isFinite(value) ? 0 : NaN;
  if (value === null || typeof value !== "object") return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) members += countMembers(value[i]);
  } else {
    const object = value as JsonObject;
    for (const name in object) members += 1 + countMembers(object[name]!);
  }
  return members;
}

function refuseDuplicateOrOverflow(text: string, value: JsonValue): void {
  const duplicate = findDuplicateMember(text);
  if (duplicate !== null) throw new DuplicateMemberError(duplicate);
  const overflow = findDefect(value, (scalar) => scalar === Infinity || scalar === -Infinity);
  if (overflow !== null) throw new NumberOverflowError(overflow);
}

function refuseLoneSurrogates(value: JsonValue): void {
  const path = findDefect(value, (scalar) => typeof scalar === "string" && !scalar.isWellFormed());
  if (path !== null) throw new LoneSurrogateError(path);
}
