import { ChatEngine } from "../../llm/chat/chat_engine.ts";
import type { ChatHistory, ChatTool, KnownSchema } from "../../llm/chat/chat_parts.ts";
import type { ChatState, SlotValue } from "../../llm/chat/chat_state.ts";
import type { ChatModel } from "../../llm/chat_model.ts";
import type { Embed } from "../../llm/sentiment.ts";
import { GENERIC_TYPE } from "../../llm/type_inference.ts";
import { SYSTEM_CONFIG, UNKNOWN_EVENT } from "../event/event.ts";
import type { SchemaJson } from "../event/learned_schema.ts";
import type { SchemaRegistry } from "../event/schema_registry.ts";
import type { Store } from "../store/store.ts";

/** What a conversation works with. */
export interface ChatParts {
  readonly model: ChatModel;
  readonly store: Store;
  readonly registry: SchemaRegistry;
  readonly embed: Embed;
  /** Takes the event in that a conversation has filled in; without it, nothing is done then. */
  readonly ingest?: (event: Readonly<Record<string, SlotValue>>) => Promise<void>;
}

/** Of events that nobody fills in: one changes the settings, the others have no name of their own. */
const RESERVED_TYPES = [SYSTEM_CONFIG, UNKNOWN_EVENT, GENERIC_TYPE];
const EVENTS_MAX = 20;
const PAYLOAD_CHARACTERS_MAX = 500;

/** Conversations about what is in the store, kept in the store. */
export function createChat({ model, store, registry, embed, ingest }: ChatParts): ChatEngine {
  return new ChatEngine({
    model,
    history: historyIn(store),
    schemas: () =>
      registry.list()
        .filter(({ name }) => !RESERVED_TYPES.includes(name))
        .map((schema) => knownSchema(schema.toJson())),
    reservedTypes: RESERVED_TYPES,
    embed,
    tools: [queryEvents(store), searchEvents(store), getSchema(registry)],
    ...(ingest === undefined ? {} : { execute: ingest }),
  });
}

function historyIn({ chats }: Store): ChatHistory {
  return {
    load: async (sessionId, turnsMax) => {
      const { turns, state } = await chats.load(sessionId, turnsMax);
      return { turns, state: state === null ? null : JSON.parse(state) as ChatState };
    },
    append: (sessionId, turns, state) => chats.append(sessionId, turns, JSON.stringify(state)),
  };
}

function knownSchema({ name, field_details }: SchemaJson): KnownSchema {
  return {
    name,
    fields: Object.entries(field_details).map(([field, { types, presence }]) => ({
      name: field,
      types: Object.entries(types).sort(([, a], [, b]) => b - a).map(([type]) => type),
      presence,
    })),
  };
}

const LIMIT = { type: "integer", minimum: 1, maximum: EVENTS_MAX };

function queryEvents(store: Store): ChatTool {
  return {
    definition: {
      name: "query_events",
      description: "Lists the newest events, of one type or conversation if given.",
      parameters: {
        type: "object",
        properties: {
          type: { type: "string" },
          conversation_id: { type: "string" },
          limit: LIMIT,
        },
      },
    },
    run: ({ type, conversation_id, limit }) =>
      list(store, { type: text(type), conversationId: text(conversation_id) }, limit),
  };
}

function searchEvents(store: Store): ChatTool {
  return {
    definition: {
      name: "search_events",
      description: "Lists the newest events that contain a text.",
      parameters: {
        type: "object",
        properties: { text: { type: "string" }, limit: LIMIT },
        required: ["text"],
      },
    },
    run: ({ text: wanted, limit }) => {
      if (text(wanted) === undefined) throw new Error("text is missing");
      return list(store, { contains: text(wanted) }, limit);
    },
  };
}

function getSchema(registry: SchemaRegistry): ChatTool {
  return {
    definition: {
      name: "get_schema",
      description: "Tells the fields of an event type: JSON types, and how often each is there.",
      parameters: {
        type: "object",
        properties: { name: { type: "string" } },
        required: ["name"],
      },
    },
    run: ({ name }) => {
      const schema = registry.get(text(name) ?? "");
      if (schema === undefined) throw new Error("there is no such event type");
      const { events, first_seen, last_seen, field_details } = schema.toJson();
      return Promise.resolve({ name, events, first_seen, last_seen, fields: field_details });
    },
  };
}

async function list(
  store: Store,
  filter: {
    type?: string | undefined;
    conversationId?: string | undefined;
    contains?: string | undefined;
  },
  limit: unknown,
): Promise<unknown> {
  const wanted = typeof limit === "number" && limit >= 1 ? Math.floor(limit) : 5;
  const events = await store.listEvents({ ...filter, limit: Math.min(wanted, EVENTS_MAX) });
  return events.map(({ id, type, receivedUs, payload }) => ({
    id,
    type,
    received_at: new Date(receivedUs / 1000).toISOString(),
    payload: payload.slice(0, PAYLOAD_CHARACTERS_MAX),
  }));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
