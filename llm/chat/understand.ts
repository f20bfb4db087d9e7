import { z } from "zod";
import { lastJsonObject } from "../json_answer.ts";
import type { KnownSchema } from "./chat_parts.ts";
import type { ChatState, SlotValue } from "./chat_state.ts";
import { SLOT_MARKER } from "./slot_marker.ts";

/** A field that this share of a type's events has is needed. */
const NEEDED_PRESENCE = 0.8;
const SLOTS_MAX = 50;
const TEXT_MAX = 500;

const fieldName = z.string().regex(/^[\p{L}_][\p{L}\p{N}_.-]{0,63}$/u);
const understanding = z.object({
  intent: z.string().regex(/^[A-Z][A-Za-z0-9]{1,63}$/).nullable().catch(null),
  slots: z.record(z.string(), z.unknown()).catch({}),
  required: z.array(z.unknown()).max(SLOTS_MAX).catch([]),
});

/** Names that have a meaning of their own. */
export interface Reserved {
  /** Types that no conversation comes to. */
  readonly reservedTypes: readonly string[];
  /** Fields that nobody is asked for. */
  readonly reservedFields: ReadonlySet<string>;
}

/**
 * What an answer says of the conversation, carried on from how far it had come.
 *
 * @param said everything that the person has said: a slot has only what stands there
 * @param schemaOf a type, if it is known
 * @param reserved what nobody can ask for, and is asked for
 */
export function understand(
  answer: string,
  before: ChatState,
  said: string,
  schemaOf: (name: string) => KnownSchema | undefined,
  { reservedTypes, reservedFields }: Reserved,
): ChatState {
  const marker = answer.indexOf(SLOT_MARKER);
  const object = marker === -1 ? undefined : lastJsonObject(answer.slice(marker));
  const parsed = understanding.safeParse(object);
  if (!parsed.success) return before;
  const { intent, slots, required } = parsed.data;
  if (intent === null || reservedTypes.includes(intent)) return before;
  const schema = schemaOf(intent);
  const kept = intent === before.intent ? before.slots : {};
  const fresh = Object.entries(slots)
    .filter(([name]) => isField(name, schema, reservedFields))
    .map(([name, value]) => [name, slotValue(value, said)] as const)
    .filter(([, value]) => value !== null);
  const entries = [...Object.entries(kept), ...fresh].slice(0, SLOTS_MAX);
  return {
    intent,
    slots: Object.fromEntries(entries) as Record<string, SlotValue>,
    required: requiredFields(
      schema,
      required,
      intent === before.intent ? before.required : [],
      reservedFields,
    ),
  };
}

function requiredFields(
  schema: KnownSchema | undefined,
  proposed: readonly unknown[],
  before: readonly string[],
  reservedFields: ReadonlySet<string>,
): string[] {
  if (schema !== undefined) {
    return schema.fields
      .filter(({ name, presence }) => presence >= NEEDED_PRESENCE && !reservedFields.has(name))
      .map(({ name }) => name);
  }
  if (before.length > 0) return [...before];
  const names = proposed.filter((name) => isField(name, undefined, reservedFields)) as string[];
  return [...new Set(names)];
}

function isField(
  name: unknown,
  schema: KnownSchema | undefined,
  reservedFields: ReadonlySet<string>,
): boolean {
  if (!fieldName.safeParse(name).success || reservedFields.has(name as string)) return false;
  return schema === undefined || schema.fields.some((field) => field.name === name);
}

/** The value, if the person has said it: a model must not fill in what nobody told it. */
function slotValue(value: unknown, said: string): SlotValue | null {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string" && typeof value !== "number") return null;
  const text = String(value).trim();
  if (text === "" || text.length > TEXT_MAX || !plain(said).includes(plain(text))) return null;
  return typeof value === "number" ? value : text;
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/[\p{M}\s.,;:'"()-]/gu, "").toLowerCase();
}
