/** A value that a slot may have. */
export type SlotValue = string | number | boolean;

/** How far a conversation has come. */
export interface ChatState {
  /** What the person wants: an event type, PascalCase; null if nothing special. */
  readonly intent: string | null;
  /** What they have said of it, by field. */
  readonly slots: Readonly<Record<string, SlotValue>>;
  /** Fields that a complete event of this type needs. */
  readonly required: readonly string[];
}

/** Where every conversation begins. */
export const NO_STATE: ChatState = { intent: null, slots: {}, required: [] };

/** The required fields that have no value yet. */
export function missingOf({ slots, required }: ChatState): string[] {
  return required.filter((field) => !Object.hasOwn(slots, field));
}

/** Whether everything that is needed has been said. */
export function isComplete(state: ChatState): boolean {
  return state.intent !== null && state.required.length > 0 && missingOf(state).length === 0;
}
