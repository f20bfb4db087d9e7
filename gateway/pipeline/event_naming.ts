import type { InferredType } from "../../llm/type_inference.ts";
import type { GatewayEvent } from "../event/event.ts";
import type { Learned } from "../event/schema_registry.ts";
import type { NameOptions, TypeNamer } from "./type_namer.ts";

/** How events get their names. */
export interface EventNaming {
  readonly namer: TypeNamer;
  /** Learns from an event under the name that it got. */
  readonly learn: (event: GatewayEvent) => Learned;
  /** Whether what the model thought is kept. */
  readonly keepsReasoning: boolean;
}

/** An event that came without a name, and has one now. */
export interface NamedEvent {
  readonly event: GatewayEvent;
  readonly learned: Learned;
  /** What is kept of it. */
  readonly result: Readonly<Record<string, unknown>>;
}

/**
 * Names an event, learns from it, and takes over what its message means.
 *
 * @throws {LlmError} if nobody can name it now
 * @throws the signal's reason
 */
export async function nameEvent(
  { namer, learn, keepsReasoning }: EventNaming,
  unnamed: GatewayEvent,
  options?: NameOptions,
): Promise<NamedEvent> {
  const { type, confidence, source, message, reasoning } = await namer.name(unnamed, options);
  const event = { ...unnamed, type, ...understood(unnamed, message, confidence) };
  return {
    event,
    learned: learn(event),
    result: {
      type,
      confidence,
      source,
      ...message,
      ...(keepsReasoning && reasoning !== "" ? { reasoning } : {}),
    },
  };
}

/** Sentiment and confidence, where the sender did not give them. */
function understood(
  { payload }: GatewayEvent,
  message: InferredType["message"],
  confidence: number,
): Partial<GatewayEvent> {
  if (message === null) return {};
  return {
    ...(payload["sentiment"] === undefined ? { sentiment: message.sentiment } : {}),
    ...(payload["confidence"] === undefined ? { confidence } : {}),
  };
}
