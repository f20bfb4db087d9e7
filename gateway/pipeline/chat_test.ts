import assert from "node:assert/strict";
import type { ChatModel, ChatRequest } from "../../llm/chat_model.ts";
import { ModelUnavailableError } from "../../models/errors.ts";
import { SchemaRegistry } from "../event/schema_registry.ts";
import { newEvent } from "../store/fixtures.ts";
import { Store } from "../store/store.ts";
import { type ChatParts, createChat } from "./chat.ts";
import type { SearchRequest } from "./search.ts";

/** A model that looks something up, then says what it was told of it. */
function lookingUp(name: string, args: unknown): ChatModel {
  const stream = ({ messages }: ChatRequest) => {
    const told = messages.at(-1)!;
    const call = { id: "1", name, argumentsJson: JSON.stringify(args) };
    return Promise.resolve({
      text: told.role === "tool" ? told.content : "",
      reasoning: "",
      toolCalls: told.role === "tool" ? [] : [call],
      usage: { promptTokens: 0, completionTokens: 0 },
    });
  };
  return { stream, complete: stream };
}

/** What a tool tells the model. */
async function told(name: string, args: unknown, parts: Partial<ChatParts> = {}) {
  const store = parts.store ?? await Store.open({ path: ":memory:" });
  const chat = createChat({
    model: lookingUp(name, args),
    store,
    registry: new SchemaRegistry(),
    embed: () => Promise.reject(new ModelUnavailableError("away", { hint: "" })),
    search: { search: () => Promise.resolve([]) },
    ...parts,
  });
  const { content } = await chat.answer("s", "look it up");
  await store.close();
  return JSON.parse(content);
}

const EVENT = {
  id: "0190163d-8694-739b-aea5-966c26f8ad91",
  receivedUs: 1_700_000_000_000_000,
  type: "Claim",
  typed: true,
  conversationId: null,
  attributes: null,
  payload: '{"note":"hail on the roof"}',
  frameId: 7,
};

Deno.test("search_events finds events by meaning and words, and by words alone without an embedder", async () => {
  const asked: SearchRequest[] = [];
  const search = {
    search: (request: SearchRequest) => {
      asked.push(request);
      return request.mode === "hybrid"
        ? Promise.reject(new ModelUnavailableError("the embedder is away", { hint: "" }))
        : Promise.resolve([{ event: EVENT, score: 1, cosine: null, bm25: 1 }]);
    },
  };
  const found = await told("search_events", { text: "storm damage", type: "Claim", limit: 99 }, {
    search,
  });
  assert.deepEqual(found, [{
    id: EVENT.id,
    type: "Claim",
    received_at: "2023-11-14T22:13:20.000Z",
    payload: EVENT.payload,
  }]);
  assert.deepEqual(asked.map(({ mode }) => mode), ["hybrid", "text"]);
  const { text, limit, filter } = asked[0]!;
  assert.deepEqual([text, limit, filter.type], ["storm damage", 20, "Claim"]);
  assert.match((await told("search_events", {})).error, /text is missing/);
});

Deno.test("query_events lists the newest events, so many at most, and the beginning of each", async () => {
  const store = await Store.open({ path: ":memory:" });
  const events = Array.from(
    { length: 30 },
    (_, i) => newEvent({ type: i === 0 ? "Rare" : "Note", text: `${i} ${"x".repeat(1_000)}` }),
  );
  await store.append(events);
  const listed: { type: string; payload: string }[] = await told("query_events", { limit: 3 }, {
    store,
  });
  const numbers = listed.map(({ payload }) => /"text":"(\d+) x/.exec(payload)?.[1]);
  assert.deepEqual(numbers, ["29", "28", "27"]);
  assert.ok(listed.every(({ payload }) => payload.length === 500));
});

Deno.test("get_schema tells the fields of a type, and that there is no such type", async () => {
  const registry = new SchemaRegistry();
  registry.learn("Order", { total: 1 }, 1_700_000_000_000_000);
  const order = await told("get_schema", { name: "Order" }, { registry });
  assert.deepEqual([order.name, order.events, order.fields.total.types], ["Order", 1, {
    integer: 1,
  }]);
  for (const name of ["Nothing", "__proto__", 5, undefined]) {
    assert.match((await told("get_schema", { name })).error, /no such event type/);
  }
});
