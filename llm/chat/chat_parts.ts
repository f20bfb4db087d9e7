import type { ToolDefinition } from "../chat_model.ts";
import type { ChatState } from "./chat_state.ts";

/** An event type as a conversation sees it. */
export interface KnownSchema {
  readonly name: string;
  readonly fields: readonly {
    readonly name: string;
    /** JSON types seen, the most frequent first. */
    readonly types: readonly string[];
    /** Share of the events that have it, 0 to 1. */
    readonly presence: number;
  }[];
}

/** As much of an event type as tells whether it matters for a message. */
export interface SchemaOutline {
  readonly name: string;
  /** Names of its fields. */
  readonly fields: readonly string[];
}

/** The event types that a conversation can be about. */
export interface KnownSchemas {
  /** Of so many types at most, the most frequent ones. */
  outlines(countMax: number): readonly SchemaOutline[];
  get(name: string): KnownSchema | undefined;
}

/** One turn of a conversation that was kept. */
export interface KeptTurn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** Keeps conversations. */
export interface ChatHistory {
  /** The newest turns, oldest first, and how far the conversation has come. */
  load(
    sessionId: string,
    turnsMax: number,
  ): Promise<{ turns: KeptTurn[]; state: ChatState | null }>;
  append(sessionId: string, turns: readonly KeptTurn[], state: ChatState): Promise<void>;
}

/** Something that the model may look up. Nothing that it does changes anything. */
export interface ChatTool {
  readonly definition: ToolDefinition;
  /**
   * @param args as the model gave them, an object that is not checked yet
   * @returns what it found, as JSON
   * @throws {Error} with a message for the model
   */
  run(args: Readonly<Record<string, unknown>>): Promise<unknown>;
}
