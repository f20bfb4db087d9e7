import { CASE_STATUSES, LEAD_STATUSES } from "../../collider/layout.ts";
import { InvalidEventError } from "./errors.ts";
import {
  actorMember,
  codeMember,
  idMember,
  messageMember,
  numberMember,
  stringMember,
  typeMember,
  workflowNodeMember,
} from "./event_members.ts";
import { MAX_ID_LENGTH } from "./idempotency_key.ts";
import {
  DEFAULT_LIMITS,
  isJsonObject,
  type JsonObject,
  parseJson,
  withoutByteOrderMark,
} from "./strict_json.ts";
import { describeValue } from "./text.ts";

/** The type of an event that came without one, until it is inferred. */
export const UNKNOWN_EVENT = "UnknownEvent";

/** The type that changes the gateway's configuration instead of being stored. */
export const SYSTEM_CONFIG = "SystemConfig";

/** One event as it was received: what is stored, and the values a frame takes from it. */
export interface GatewayEvent {
  /** UUID version 7, 16 bytes; all zero until the event is accepted. */
  readonly id: Uint8Array;
  /** Arrival, Unix µs. */
  readonly receivedUs: number;
  /** {@linkcode UNKNOWN_EVENT} when none was given. */
  readonly type: string;
  /** Whether the sender gave the type; if not, it is to be inferred. */
  readonly typed: boolean;
  readonly conversationId: string | null;
  /** With its kind in front: `id:…`, `ce:source|id`, `key:…`, `webhook:…` or `signed:source|…`. */
  readonly idempotencyKey: string | null;
  /** CloudEvents context attributes, JSON text. */
  readonly attributes: string | null;
  readonly payload: JsonObject;
  /** The payload's JSON text as it is stored, UTF-8. */
  readonly payloadBytes: Uint8Array;
  readonly message: string | null;
  /** Code of the frame's `actor_type`. */
  readonly actorType: number;
  /** Code of the frame's `case_status`. */
  readonly caseStatus: number;
  /** Code of the frame's `lead_status`. */
  readonly leadStatus: number;
  /** Node of a workflow; -1 = not in one. */
  readonly workflowNode: number;
  /** -1 to 1. */
  readonly sentiment: number;
  /** 0 to 1. */
  readonly confidence: number;
}

/** What is known of an event from outside its payload. */
export interface EventContext {
  /** Arrival, Unix µs. */
  readonly receivedUs: number;
  /** Goes before the payload's `type`. */
  readonly type?: string;
  /** Goes before the payload's `id`; with its kind in front, see {@linkcode GatewayEvent}. */
  readonly idempotencyKey?: string | null;
  readonly attributes?: string;
}

const MAX_IMAGE_PATH_LENGTH = 4096;

/**
 * Parses and validates one event in JSON.
 *
 * @param bytes One JSON object, UTF-8. The event keeps a view of them, so they must not change.
 * @param decoded The same as `bytes`, where that is known.
 * @throws {InvalidEventError} and what {@linkcode parseJson} throws.
 */
export function eventFromJson(
  bytes: Uint8Array,
  context: EventContext,
  decoded?: string,
): GatewayEvent {
  const payload = parseJson(bytes, DEFAULT_LIMITS, decoded);
  if (!isJsonObject(payload)) {
    throw new InvalidEventError(
      "",
      `must be a JSON object, got ${describeValue(payload)}`,
      'Send an object such as {"type":"UserMessage","message":"Hello"}.',
    );
  }
  return eventFromPayload(payload, withoutByteOrderMark(bytes), context);
}

/**
 * Validates the known members of a payload, all of them optional (null counts as absent), and
 * makes an event of it. Unknown members are kept as they are.
 *
 * @param payloadBytes The JSON text of `payload`, UTF-8.
 * @throws {InvalidEventError} naming the member and what it may be.
 */
export function eventFromPayload(
  payload: JsonObject,
  payloadBytes: Uint8Array,
  context: EventContext,
): GatewayEvent {
  return {
    id: new Uint8Array(16),
    receivedUs: context.receivedUs,
    idempotencyKey: context.idempotencyKey ?? ownKey(payload),
    attributes: context.attributes ?? null,
    payload,
    payloadBytes,
    ...readMembers(payload, context.type),
  };
}

/** An event as it comes back from where it was kept. */
export interface KeptEvent {
  readonly id: Uint8Array;
  readonly receivedUs: number;
  readonly type: string;
  readonly typed: boolean;
  readonly attributes: string | null;
  /** JSON text. */
  readonly payload: string;
}

/**
 * Makes the event again that was kept. It is not stored a second time, so it carries no
 * idempotency key.
 *
 * @throws what {@linkcode eventFromJson} throws, if it was kept by rules other than today's.
 */
export function restoreEvent(kept: KeptEvent): GatewayEvent {
  const payloadBytes = new TextEncoder().encode(kept.payload);
  const payload = parseJson(payloadBytes, DEFAULT_LIMITS, kept.payload) as JsonObject;
  return {
    id: kept.id,
    receivedUs: kept.receivedUs,
    idempotencyKey: null,
    attributes: kept.attributes,
    payload,
    payloadBytes,
    ...readMembers(payload, kept.typed ? kept.type : undefined),
  };
}

function readMembers(payload: JsonObject, typeOutside: string | undefined) {
  const type = typeMember(typeOutside ?? payload.type);
  stringMember("image_path", payload.image_path, MAX_IMAGE_PATH_LENGTH);
  return {
    type: type ?? UNKNOWN_EVENT,
    typed: type !== null,
    conversationId: idMember("conversation_id", payload.conversation_id, MAX_ID_LENGTH),
    message: messageMember(payload.message),
    actorType: actorMember(payload.actor),
    caseStatus: codeMember("case_status", payload.case_status, CASE_STATUSES),
    leadStatus: codeMember("lead_status", payload.lead_status, LEAD_STATUSES),
    workflowNode: workflowNodeMember(payload.workflow_node),
    sentiment: numberMember("sentiment", payload.sentiment, -1, 1),
    confidence: numberMember("confidence", payload.confidence, 0, 1),
  };
}

function ownKey(payload: JsonObject): string | null {
  const id = idMember("id", payload.id, MAX_ID_LENGTH);
  return id === null ? null : `id:${id}`;
}
