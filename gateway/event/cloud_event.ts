import { InvalidCloudEventError, InvalidUtf8Error } from "./errors.ts";
import { MAX_ID_LENGTH } from "./idempotency_key.ts";
import { jsonMember } from "./json_slices.ts";
import { mediaType } from "./media_type.ts";
import { isRfc3339 } from "./rfc3339.ts";
import {
  decodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  withoutByteOrderMark,
} from "./strict_json.ts";
import { describeValue, hasControlCharacter } from "./text.ts";

/** What a CloudEvent says, in the form that `eventFromPayload` takes. */
export interface CloudEventDraft {
  /** `data` if it is a JSON object, else `{"data": …}` or `{"data_base64": "…"}`. */
  readonly payload: JsonObject;
  /** The payload's JSON text in UTF-8: the sender's own wherever `data` is JSON. */
  readonly payloadBytes: Uint8Array;
  readonly type: string;
  /** `ce:source|id`, which CloudEvents defines to be unique. */
  readonly idempotencyKey: string;
  /** The context attributes (all but data), JSON text. */
  readonly attributes: string;
}

type Attributes = ReadonlyMap<string, string | number | boolean>;
type Data = Pick<CloudEventDraft, "payload" | "payloadBytes">;

const MAX_SOURCE_LENGTH = 2048;
const NO_DATA: Data = { payload: {}, payloadBytes: new TextEncoder().encode("{}") };

/** How a request carries CloudEvents, or null if it carries none. */
export function cloudEventMode(headers: Headers): "structured" | "batch" | "binary" | null {
  const type = mediaType(headers);
  if (type === "application/cloudevents+json") return "structured";
  if (type === "application/cloudevents-batch+json") return "batch";
  return headers.has("ce-specversion") ? "binary" : null;
}

/**
 * Reads one CloudEvent 1.0 in JSON: the body in structured mode, or one element of a batch.
 *
 * @throws {InvalidCloudEventError} and what {@linkcode parseJson} throws.
 */
export function cloudEventFromJson(bytes: Uint8Array): CloudEventDraft {
  const event = parseJson(bytes);
  if (!isJsonObject(event)) {
    throw new InvalidCloudEventError("", `must be a JSON object, got ${describeValue(event)}`);
  }
  const attributes = new Map<string, string | number | boolean>();
  for (const [name, value] of Object.entries(event)) {
    if (name === "data" || name === "data_base64" || value === null) continue;
    if (typeof value === "object") {
      throw new InvalidCloudEventError(name, `must be a scalar, got ${describeValue(value)}`);
    }
    attributes.set(name, value);
  }
  return draft(attributes, "", structuredData(event, bytes));
}

/**
 * Reads one CloudEvent 1.0 in HTTP binary mode: attributes in `ce-*` headers, data in the body.
 * A body without `Content-Type` is taken for JSON.
 *
 * @throws {InvalidCloudEventError} and, if the body is JSON, what {@linkcode parseJson} throws.
 */
export function cloudEventFromHttp(headers: Headers, body: Uint8Array): CloudEventDraft {
  const attributes = new Map<string, string>();
  for (const [header, value] of headers) {
    if (header.startsWith("ce-")) attributes.set(header.slice(3), decodeHeader(header, value));
  }
  const contentType = headers.get("content-type");
  if (contentType !== null) attributes.set("datacontenttype", contentType);
  return draft(attributes, "ce-", binaryData(mediaType(headers), body));
}

/** @param prefix What to put before an attribute's name in messages: headers are `ce-…`. */
function draft(attributes: Attributes, prefix: string, data: Data): CloudEventDraft {
  const version = required(attributes, "specversion", prefix);
  if (version !== "1.0") {
    throw new InvalidCloudEventError(
      `${prefix}specversion`,
      `must be "1.0", got ${describeValue(version)}`,
    );
  }
  const id = required(attributes, "id", prefix, MAX_ID_LENGTH);
  const source = required(attributes, "source", prefix, MAX_SOURCE_LENGTH);
  const type = required(attributes, "type", prefix);
  for (const [name, value] of attributes) {
    if (typeof value === "string" && hasControlCharacter(value)) {
      throw new InvalidCloudEventError(prefix + name, "must not contain control characters");
    }
  }
  const time = attributes.get("time");
  if (time !== undefined && !(typeof time === "string" && isRfc3339(time))) {
    throw new InvalidCloudEventError(
      `${prefix}time`,
      `must be an RFC 3339 timestamp, got ${describeValue(time)}`,
    );
  }
  return {
    ...data,
    type,
    // A URI can't hold a bare "|", so its escaped form keeps the two parts apart.
    idempotencyKey: `ce:${source.replaceAll("|", "%7C")}|${id}`,
    attributes: JSON.stringify(Object.fromEntries(attributes)),
  };
}

function required(
  attributes: Attributes,
  name: string,
  prefix: string,
  maxLength = Infinity,
): string {
  const value = attributes.get(name);
  if (typeof value !== "string" || value.trim() === "" || value.length > maxLength) {
    const limit = maxLength === Infinity ? "" : ` of at most ${maxLength} characters`;
    const found = value === undefined ? "it is missing" : `got ${describeValue(value)}`;
    throw new InvalidCloudEventError(prefix + name, `must be a non-empty string${limit}, ${found}`);
  }
  return value;
}

function structuredData(event: JsonObject, bytes: Uint8Array): Data {
  const { data = null, data_base64: base64 = null } = event;
  if (base64 !== null) {
    if (data !== null) throw new InvalidCloudEventError("data_base64", "excludes data: send one");
    if (typeof base64 !== "string" || !isBase64(base64)) {
      throw new InvalidCloudEventError("data_base64", "must be a string in Base64 (RFC 4648)");
    }
    return wrapped("data_base64", base64, JSON.stringify(base64));
  }
  if (data === null) return NO_DATA;
  return jsonData(data, jsonMember(bytes, "data")!);
}

function binaryData(type: string, body: Uint8Array): Data {
  if (body.length === 0) return NO_DATA;
  if (type === "" || type === "application/json" || type.endsWith("+json")) {
    return jsonData(parseJson(body), withoutByteOrderMark(body));
  }
  const text = type.startsWith("text/") || /[/+]xml$/.test(type) ? textOrNull(body) : null;
  if (text !== null) return wrapped("data", text, JSON.stringify(text));
  const base64 = body.toBase64();
  return wrapped("data_base64", base64, JSON.stringify(base64));
}

function jsonData(data: JsonValue, bytes: Uint8Array): Data {
  if (isJsonObject(data)) return { payload: data, payloadBytes: bytes };
  const draft = wrapped("data", data, decodeUtf8(bytes));
  parseJson(draft.payloadBytes); // Around it, it may be too deep, or have too many members.
  return draft;
}

function wrapped(name: string, value: JsonValue, json: string): Data {
  return {
    payload: { [name]: value },
    payloadBytes: new TextEncoder().encode(`{"${name}":${json}}`),
  };
}

/**
 * Undoes what the HTTP binding (section 3.1.3.2) does to an attribute's value: first quotes, which
 * older senders add, then one round of percent-encoding.
 */
function decodeHeader(header: string, value: string): string {
  const quoted = /^"(.*)"$/.exec(value)?.[1]?.replaceAll(/\\(.)/g, "$1");
  try {
    return decodeURIComponent(quoted ?? value);
  } catch {
    throw new InvalidCloudEventError(
      header,
      "must be percent-encoded UTF-8; write % itself as %25",
    );
  }
}

function textOrNull(bytes: Uint8Array): string | null {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof InvalidUtf8Error) return null;
    throw error;
  }
}

function isBase64(text: string): boolean {
  try {
    Uint8Array.fromBase64(text);
    return true;
  } catch {
    return false;
  }
}
