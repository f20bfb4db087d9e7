import { ACTOR_TYPES } from "../../collider/layout.ts";
import { InvalidEventError } from "./errors.ts";
import { isJsonObject, type JsonValue } from "./strict_json.ts";
import { describeValue, hasControlCharacter } from "./text.ts";

/** Members that the gateway itself reads. */
export const OWN_MEMBERS: readonly string[] = [
  "id",
  "type",
  "message",
  "conversation_id",
  "actor",
  "sentiment",
  "confidence",
  "workflow_node",
  "case_status",
  "lead_status",
];

/**
 * Members that mean the same in events of every type, and so don't tell of which type one is.
 */
export const GENERAL_MEMBERS: ReadonlySet<string> = new Set([
  ...OWN_MEMBERS,
  "image",
  "image_path",
]);

/** A member's value; undefined where the payload has none. */
type Member = JsonValue | undefined;

/** Names that chat clients use for the frame's actor types. */
const ACTOR_ALIASES = new Map([["user", "human"], ["assistant", "agent"]]);

const MAX_TYPE_LENGTH = 200;
const MAX_INT32 = 2 ** 31 - 1;

/** An event type: non-empty, at most 200 characters, none of them a control character. */
export function typeMember(value: Member): string | null {
  if (value === undefined || value === null) return null;
  if (
    typeof value !== "string" || value.length > MAX_TYPE_LENGTH || value.trim() === "" ||
    hasControlCharacter(value)
  ) {
    throw wrong(
      "type",
      `a non-empty string of at most ${MAX_TYPE_LENGTH} characters without control characters`,
      value,
    );
  }
  return value;
}

/** `message`: a string. An object, as chat platforms send it, is left alone. */
export function messageMember(value: Member): string | null {
  return isJsonObject(value ?? null) ? null : stringMember("message", value);
}

/** Any string. */
export function stringMember(name: string, value: Member, maxLength = Infinity): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw wrong(name, "a string", value);
  if (value.length > maxLength) throw wrong(name, `at most ${maxLength} characters long`, value);
  return value;
}

/** A non-empty string, or an integer, which becomes its decimal text. */
export function idMember(name: string, value: Member, maxLength: number): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && value !== "" && value.length <= maxLength) return value;
  // Beyond 2^53 different integers are parsed into the same double, and so would become one id.
  if (Number.isSafeInteger(value)) return String(value);
  throw wrong(
    name,
    `a non-empty string of at most ${maxLength} characters or an integer below 2^53`,
    value,
  );
}

/** A number in a range, 0 where there is none. */
export function numberMember(name: string, value: Member, min: number, max: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    throw wrong(name, `a number from ${min} to ${max}`, value);
  }
  return value;
}

/** A node of a workflow: an int32 from -1 on; -1 where there is none. */
export function workflowNodeMember(value: Member): number {
  if (value === undefined || value === null) return -1;
  if (isIntegerIn(value, -1, MAX_INT32)) return value;
  throw wrong("workflow_node", `an integer from -1 to ${MAX_INT32}`, value);
}

/**
 * Who acted, as the code of a frame's `actor_type`; 0 where that is not said. An object is left
 * alone: the webhooks of many systems describe their own user under this name.
 */
export function actorMember(value: Member): number {
  if (value !== undefined && isJsonObject(value)) return 0;
  const alias = typeof value === "string" ? ACTOR_ALIASES.get(value.toLowerCase()) : undefined;
  return codeMember("actor", alias ?? value, ACTOR_TYPES);
}

/** One of `names`, in either case, or its code, which is its index; 0 where there is none. */
export function codeMember(name: string, value: Member, names: readonly string[]): number {
  if (value === undefined || value === null) return 0;
  const code = typeof value === "string" ? names.indexOf(value.toLowerCase()) : value;
  if (isIntegerIn(code, 0, names.length - 1)) return code;
  throw wrong(name, `one of ${names.join(", ")}, or a code from 0 to ${names.length - 1}`, value);
}

function isIntegerIn(value: JsonValue, min: number, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function wrong(path: string, allowed: string, value: JsonValue): InvalidEventError {
  return new InvalidEventError(
    path,
    `must be ${allowed}, got ${describeValue(value)}`,
    "Correct the member or leave it out.",
  );
}
