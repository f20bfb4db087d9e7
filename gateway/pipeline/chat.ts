import { ChatEngine } from "../../llm/chat/chat_engine.ts";
import type {
  ChatHistory,
  ChatTool,
  KnownSchema,
  KnownSchemas,
} from "../../llm/chat/chat_parts.ts";
import type { ChatState, SlotValue } from "../../llm/chat/chat_state.ts";
import type { ChatModel } from "../../llm/chat_model.ts";
import type { Embed } from "../../llm/sentiment.ts";
import { GENERIC_TYPE } from "../../llm/type_inference.ts";
import { ModelError } from "../../models/errors.ts";
import { SYSTEM_CONFIG, UNKNOWN_EVENT } from "../event/event.ts";
import { OWN_MEMBERS } from "../event/event_members.ts";
import type { SchemaJson } from "../event/learned_schema.ts";
import type { SchemaRegistry } from "../event/schema_registry.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import type { Store } from "../store/store.ts";
import type { EventSearch } from "./search.ts";

/** What a conversation works with. */
export interface ChatParts {
  readonly model: ChatModel;
  readonly store: Store;
  readonly registry: SchemaRegistry;
  readonly embed: Embed;
  readonly search: Pick<EventSearch, "search">;
  /** Takes the event in that a conversation has filled in; without it, nothing is done then. */
  readonly ingest?: (event: Readonly<Record<string, SlotValue>>) => Promise<void>;
}

/** Of events that nobody fills in: one changes the settings, the others have no name of their own. */
const RESERVED_TYPES = [SYSTEM_CONFIG, UNKNOWN_EVENT, GENERIC_TYPE];
/** Of the gateway, or of JSON-LD: nobody says them in a conversation. */
const RESERVED_FIELDS = new Set([...OWN_MEMBERS, "@context"]);
const EVENTS_MAX = 20;
const EVENTS_DEFAULT = 5;
const SEARCH_TEXT_UNITS_MAX = 1_000;
const PAYLOAD_CHARACTERS_MAX = 500;

/** Conversations about what is in the store, kept in the store. */
export function createChat(parts: ChatParts): ChatEngine {
  const { model, store, registry, embed, search, ingest } = parts;
  return new ChatEngine({
    model,
    history: historyIn(store),
    schemas: schemasIn(registry),
    reservedTypes: RESERVED_TYPES,
    reservedFields: RESERVED_FIELDS,
    embed,
    tools: [queryEvents(store), searchEvents(search), getSchema(registry)],
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

function schemasIn(registry: SchemaRegistry): KnownSchemas {
  return {
    outlines: (countMax) =>
      registry.list()
        .filter(({ name }) => !RESERVED_TYPES.includes(name))
        .sort((a, b) => b.events - a.events)
        .slice(0, countMax)
        .map(({ name, fieldNames }) => ({ name, fields: fieldNames })),
    get: (name) => {
      const schema = registry.get(name);
      return schema === undefined ? undefined : knownSchema(schema.toJson());
    },
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
    run: async ({ type, conversation_id, limit }) => {
      const filter = { type: text(type), conversationId: text(conversation_id) };
      const events = await store.listEvents({ ...filter, limit: limitOf(limit) });
      return events.map(shown);
    },
  };
}

function searchEvents(search: ChatParts["search"]): ChatTool {
  return {
    definition: {
      name: "search_events",
      description: "Finds the events that fit a text best, by what they mean and by their words, " +
        "of one type or conversation if given.",
      parameters: {
        type: "object",
        properties: {
          text: { type: "string" },
          type: { type: "string" },
          conversation_id: { type: "string" },
          limit: LIMIT,
        },
        required: ["text"],
      },
    },
    run: async ({ text: wanted, type, conversation_id, limit }) => {
      const words = text(wanted)?.slice(0, SEARCH_TEXT_UNITS_MAX);
      if (words === undefined) throw new Error("text is missing");
      const request = {
        text: words,
        limit: limitOf(limit),
        filter: { type: text(type), conversationId: text(conversation_id) },
      };
      const found = await search.search({ ...request, mode: "hybrid" }).catch((error) => {
        if (!(error instanceof ModelError)) throw error;
        // Without an embedder, the words are still there.
        return search.search({ ...request, mode: "text" });
      });
      return found.map(({ event }) => shown(event));
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

/** As many as the model asks for, within the bounds. */
function limitOf(limit: unknown): number {
  const wanted = typeof limit === "number" && limit >= 1 ? Math.floor(limit) : EVENTS_DEFAULT;
  return Math.min(wanted, EVENTS_MAX);
}

/** An event as the model sees it. */
function shown({ id, type, receivedUs, payload }: StoredEvent) {
  return {
    id,
    type,
    received_at: new Date(receivedUs / 1000).toISOString(),
    payload: payload.slice(0, PAYLOAD_CHARACTERS_MAX),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
