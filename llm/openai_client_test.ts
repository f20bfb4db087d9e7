import assert from "node:assert/strict";
import { FakeOpenAiServer } from "../tests/fakes/openai_server.ts";
import {
  cut,
  endEarly,
  endless,
  garbage,
  redirect,
  refuse,
  reply,
  slow,
  stall,
  stallBeforeStatus,
} from "../tests/fakes/openai_server_behaviours.ts";
import type { ChatRequest } from "./chat_model.ts";
import {
  LlmAnswerTooLargeError,
  LlmBrokenAnswerError,
  LlmBusyError,
  LlmRefusedError,
  LlmTimeoutError,
  LlmUnavailableError,
} from "./errors.ts";
import { type LlmCall, OpenAiChat, type OpenAiChatOptions } from "./openai_client.ts";

const HELLO: ChatRequest = { messages: [{ role: "user", content: "Hello?" }] };
const WITH_SCHEMA: ChatRequest = {
  ...HELLO,
  answerSchema: { name: "answer", schema: { type: "object" } },
};
/** Tries again after a millisecond, where the package's own pause is half a second. */
const SOON = { "retry-after-ms": "1" };

function chatOn(server: FakeOpenAiServer, options: OpenAiChatOptions = {}): OpenAiChat {
  return new OpenAiChat({ baseUrl: server.baseUrl, retries: 0, ...options });
}

/** The answer's text as it was given, piece by piece. */
async function streamed(chat: OpenAiChat, request = HELLO) {
  const pieces: string[] = [];
  const answer = await chat.stream(request, (piece) => pieces.push(piece));
  return { pieces, answer };
}

Deno.test("OpenAiChat answers with the server's first model that is not for embeddings", async () => {
  await using server = new FakeOpenAiServer({ models: ["text-embedding-x", "qwen3", "other"] });
  const chat = chatOn(server);
  const answer = await chat.complete(HELLO);
  await chat.complete(HELLO);
  assert.deepEqual(answer, {
    text: "Hello.",
    reasoning: "",
    toolCalls: [],
    usage: { promptTokens: 11, completionTokens: 7 },
  });
  assert.deepEqual(server.requests.map(({ model }) => model), ["qwen3", "qwen3"]);
  assert.equal(server.modelListings, 1);
});

Deno.test("OpenAiChat asks for the model it was given, with the key it was given", async () => {
  await using server = new FakeOpenAiServer();
  await chatOn(server, { model: "mine", apiKey: "secret" }).complete({ ...HELLO, maxTokens: 9 });
  const [request] = server.requests;
  assert.equal(request?.model, "mine");
  assert.equal(request?.max_tokens, 9);
  assert.equal(request?.headers.get("Authorization"), "Bearer secret");
  assert.equal(server.modelListings, 0);
});

Deno.test("OpenAiChat looks for the server's model again after a failure", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(refuse(404, { message: "model not loaded" }), reply("Hello."));
  const chat = chatOn(server);
  await assert.rejects(chat.complete(HELLO), LlmRefusedError);
  await chat.complete(HELLO);
  assert.equal(server.modelListings, 2);
});

Deno.test("OpenAiChat takes nothing from the package's environment variables", async () => {
  const variables = {
    OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
    OPENAI_API_KEY: "leaked",
    OPENAI_ADMIN_KEY: "leaked",
    OPENAI_ORG_ID: "leaked",
    OPENAI_PROJECT_ID: "leaked",
    OPENAI_CUSTOM_HEADERS: "X-Leaked: leaked\nAuthorization: leaked",
  };
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await using server = new FakeOpenAiServer();
    await chatOn(server).complete(HELLO);
    const headers = [...server.requests[0]!.headers].flat().join(" ");
    assert.doesNotMatch(headers, /leaked|authorization|stainless/i);
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
});

for (const reasoningField of ["reasoning_content", "reasoning"] as const) {
  Deno.test(`OpenAiChat keeps reasoning apart that comes as ${reasoningField}`, async () => {
    await using server = new FakeOpenAiServer();
    server.behave(reply({ content: "Four.", reasoning: "2 + 2 = 4", reasoningField }));
    const { pieces, answer } = await streamed(chatOn(server));
    assert.deepEqual(pieces, ["Four", "."]);
    assert.equal(answer.text, "Four.");
    assert.equal(answer.reasoning, "2 + 2 = 4");
  });
}

Deno.test("OpenAiChat keeps reasoning apart that comes as parts of the content", async () => {
  const chunk = (delta: unknown, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  await using server = new FakeOpenAiServer();
  server.behave(garbage(
    chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Easy." }] }] }) +
      chunk({ content: [{ type: "text", text: "Four." }] }) + chunk({}, "stop"),
  ));
  const answer = await chatOn(server).complete(HELLO);
  assert.equal(answer.text, "Four.");
  assert.equal(answer.reasoning, "Easy.");
});

Deno.test("OpenAiChat never streams reasoning, also where only its end is shown", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(reply("I think\n</think>\n\nIt is four."));
  const chat = chatOn(server);
  for (let i = 0; i < 2; i++) {
    const { pieces, answer } = await streamed(chat);
    assert.equal(pieces.join(""), "It is four.");
    assert.equal(answer.text, "It is four.");
    assert.equal(answer.reasoning, "I think");
  }
});

Deno.test("OpenAiChat streams text at once when it knows that the model shows no reasoning", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(reply("It is four."));
  const chat = chatOn(server);
  assert.deepEqual((await streamed(chat)).pieces, ["It is four."]);
  assert.deepEqual((await streamed(chat)).pieces, ["It i", "s fo", "ur."]);
});

Deno.test("OpenAiChat takes no thought for an answer when the model ran out of tokens", async () => {
  await using server = new FakeOpenAiServer();
  const cutOff = { content: "I still think", finishReason: "length" } as const;
  server.behave(reply("I think.</think>Four."), reply(cutOff));
  const chat = chatOn(server);
  await chat.complete(HELLO);
  const { pieces, answer } = await streamed(chat);
  assert.deepEqual(pieces, []);
  assert.equal(answer.reasoning, "I still think");
});

Deno.test("OpenAiChat doesn't learn from a forced form that a model doesn't think", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(reply('{"a":1}'), reply("Hm.</think>Four."));
  const chat = chatOn(server);
  await chat.complete(WITH_SCHEMA);
  assert.equal((await streamed(chat)).pieces.join(""), "Four.");
});

Deno.test("OpenAiChat sends tools and their results, and gives the model's calls", async () => {
  await using server = new FakeOpenAiServer();
  const call = { name: "get_schema", arguments: '{"name":"OrderPlaced"}' };
  server.behave(reply({ toolCalls: [call, { name: "none", arguments: "{}" }] }), reply("Done."));
  const chat = chatOn(server);
  const tools = [{ name: "get_schema", description: "Gives a schema.", parameters: {} }];
  const { toolCalls } = await chat.complete({ ...HELLO, tools });
  assert.deepEqual(toolCalls, [
    { id: "call_0", name: "get_schema", argumentsJson: call.arguments },
    { id: "call_1", name: "none", argumentsJson: "{}" },
  ]);
  await chat.complete({
    messages: [
      ...HELLO.messages,
      { role: "assistant", content: "", toolCalls },
      { role: "tool", toolCallId: "call_0", content: "{}" },
    ],
    tools,
  });
  assert.equal(server.requests[0]?.tools?.[0]?.function.name, "get_schema");
  const [, assistant, tool] = server.requests[1]!.messages;
  assert.deepEqual(assistant?.tool_calls?.[0], { id: "call_0", type: "function", function: call });
  assert.equal(tool?.tool_call_id, "call_0");
});

Deno.test("OpenAiChat finds the JSON object in an answer that thinks and talks", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(reply('<think>{"a":0}</think>Here:\n```json\n{"a":1}\n```'));
  const { json } = await chatOn(server).complete(WITH_SCHEMA);
  assert.deepEqual(json, { a: 1 });
  assert.equal(server.requests[0]?.response_format?.type, "json_schema");
});

Deno.test("OpenAiChat asks for JSON by prompt alone once the server has refused the schema", async () => {
  await using server = new FakeOpenAiServer({ takesJsonSchema: false });
  server.behave(reply('{"a":1}'));
  const chat = chatOn(server);
  for (let i = 0; i < 2; i++) assert.deepEqual((await chat.complete(WITH_SCHEMA)).json, { a: 1 });
  const forms = server.requests.map(({ response_format }) => response_format?.type);
  assert.deepEqual(forms, ["json_schema", undefined, undefined]);
  assert.match(server.requests[2]!.messages[0]!.content!, /JSON Schema.*\{"type":"object"\}/s);
});

Deno.test("OpenAiChat doesn't take a refusal for another reason as one of the schema", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(refuse(400), refuse(400), reply('{"a":1}'));
  const chat = chatOn(server);
  await assert.rejects(chat.complete(WITH_SCHEMA), LlmRefusedError);
  await chat.complete(WITH_SCHEMA);
  assert.equal(server.requests[2]?.response_format?.type, "json_schema");
});

Deno.test("OpenAiChat does without what else a server refuses", async () => {
  await using server = new FakeOpenAiServer({ takesStreamOptions: false, takesJsonSchema: false });
  const chat = chatOn(server);
  const { usage } = await chat.complete(WITH_SCHEMA);
  assert.deepEqual(usage, { promptTokens: 0, completionTokens: 0 });
  assert.equal(server.requests.length, 3);
  server.behave(refuse(400, { message: "use 'max_completion_tokens' instead" }), reply("Hello."));
  await chat.complete({ ...HELLO, maxTokens: 5 });
  assert.equal(server.requests.at(-1)?.max_completion_tokens, 5);
});

Deno.test("OpenAiChat converses without tools with a model that has none", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(refuse(400, { message: "tiny does not support tools" }), reply("Hello."));
  const chat = chatOn(server);
  const tools = [{ name: "look", description: "Looks.", parameters: { type: "object" } }];
  for (let i = 0; i < 2; i++) await chat.complete({ ...HELLO, tools });
  assert.deepEqual(server.requests.map(({ tools }) => tools?.length ?? 0), [1, 0, 0]);
});

Deno.test("OpenAiChat tries again when the server is busy or fails", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(refuse(429, { headers: SOON }), refuse(500, { headers: SOON }), reply("Hello."));
  assert.equal((await chatOn(server, { retries: 2 }).complete(HELLO)).text, "Hello.");
});

Deno.test("OpenAiChat doesn't try again before a busy server wants it", async () => {
  await using server = new FakeOpenAiServer();
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  for (const [i, retryAfter] of ["3600", inAnHour].entries()) {
    server.behave(refuse(429, { headers: { "Retry-After": retryAfter } }));
    await assert.rejects(chatOn(server, { retries: 2 }).complete(HELLO), LlmBusyError);
    assert.equal(server.requests.length, i + 1);
  }
});

const FAILURES = {
  "the server refuses": [refuse(404), LlmRefusedError, /refused: 404/],
  "the server fails": [refuse(503), LlmUnavailableError, /failed: 503/],
  "the server is busy": [refuse(429), LlmBusyError, /busy: 429/],
  "the server sends it elsewhere": [redirect("http://127.0.0.1:1/"), LlmRefusedError, /307/],
  "the connection is cut": [cut("Hello.", 2), LlmBrokenAnswerError, /broken/],
  "the answer ends in the middle": [endEarly("Hello.", 2), LlmBrokenAnswerError, /in the middle/],
  "the answer is no JSON": [garbage("data: {oops\n\n"), LlmBrokenAnswerError, /malformed/],
  "the answer is no chunk": [garbage('data: {"choices":1}\n\n'), LlmBrokenAnswerError, /choices/],
  "the answer is a page": [garbage("<html>", "text/html"), LlmBrokenAnswerError, /in the middle/],
  "the stream reports an error": [
    garbage('data: {"error":{"message":"out of memory"}}\n\n'),
    LlmUnavailableError,
    /out of memory/,
  ],
  "the answer is endless": [endless({ content: "a" }), LlmAnswerTooLargeError, /10000 bytes/],
  "the reasoning is endless": [endless({ reasoning: "a" }), LlmAnswerTooLargeError, /10000 bytes/],
  "the answer is one huge line": [garbage("a".repeat(20_000)), LlmAnswerTooLargeError, /10000/],
} as const;

for (const [when, [behaviour, errorClass, message]] of Object.entries(FAILURES)) {
  Deno.test(`OpenAiChat says what is wrong when ${when}`, async () => {
    await using server = new FakeOpenAiServer();
    server.behave(behaviour);
    await assert.rejects(chatOn(server, { answerBytesMax: 10_000 }).complete(HELLO), (error) => {
      assert.ok(error instanceof errorClass, String(error));
      assert.match(error.message, message);
      assert.notEqual(error.hint, "");
      return true;
    });
  });
}

Deno.test("OpenAiChat says that there is no server, or no model", async () => {
  const gone = new FakeOpenAiServer();
  await gone[Symbol.asyncDispose]();
  const nowhere = chatOn(gone);
  await assert.rejects(nowhere.complete(HELLO), (error) => {
    assert.ok(error instanceof LlmUnavailableError);
    assert.ok(error.message.includes(new URL(gone.baseUrl).origin), error.message);
    return true;
  });
  await using server = new FakeOpenAiServer({ models: [] });
  await assert.rejects(chatOn(server).complete(HELLO), /no model/);
});

Deno.test("OpenAiChat gives a server up that is too slow, at each of its time limits", async () => {
  const long = 60_000;
  const cases = [
    [stallBeforeStatus(), { firstTokenMs: 30 }],
    [stall("", 1), { firstTokenMs: 30 }],
    [stall("Hello.", 2), { nextTokenMs: 30 }],
    [slow("Hello again, and again.", 10), { totalMs: 50 }],
  ] as const;
  for (const [behaviour, limit] of cases) {
    await using server = new FakeOpenAiServer();
    server.behave(behaviour);
    const timeLimits = { totalMs: long, firstTokenMs: long, nextTokenMs: long, ...limit };
    await assert.rejects(chatOn(server, { timeLimits }).complete(HELLO), LlmTimeoutError);
  }
});

Deno.test("OpenAiChat gives up with the caller's reason", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(reply("Hello."), stall("Hello.", 2));
  const chat = chatOn(server);
  await chat.complete(HELLO);
  const caller = new AbortController();
  const reason = new Error("the reader has left");
  const request = { ...HELLO, signal: caller.signal };
  const given = chat.stream(request, () => caller.abort(reason));
  await assert.rejects(given, (error) => error === reason);
  await assert.rejects(chat.complete(request), (error) => error === reason);
});

Deno.test("OpenAiChat leaves a server out that fails again and again", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(refuse(500));
  const chat = chatOn(server);
  for (let i = 0; i < 5; i++) {
    assert.ok(!chat.isLeftOut);
    await assert.rejects(chat.complete(HELLO), /failed: 500/);
  }
  assert.ok(chat.isLeftOut);
  await assert.rejects(chat.complete(HELLO), /left out/);
  assert.equal(server.requests.length, 5);
});

Deno.test("OpenAiChat doesn't leave a server out that only refuses, or that callers leave", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(refuse(400));
  const chat = chatOn(server);
  for (let i = 0; i < 6; i++) await assert.rejects(chat.complete(HELLO), LlmRefusedError);
  for (let i = 0; i < 6; i++) {
    const caller = new AbortController();
    server.behave((request) => {
      caller.abort();
      return stallBeforeStatus()(request);
    });
    await assert.rejects(chat.complete({ ...HELLO, signal: caller.signal }), /abort/i);
  }
  server.behave(reply("Hello."));
  assert.equal((await chat.complete(HELLO)).text, "Hello.");
});

Deno.test("OpenAiChat lets few calls run, some wait, and refuses the others", async () => {
  await using server = new FakeOpenAiServer();
  const arrived = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  server.behave(async (request) => {
    arrived.resolve();
    await go.promise;
    return reply("Hello.")(request);
  });
  const chat = chatOn(server, { runningMax: 1, waitingMax: 1 });
  const running = chat.complete(HELLO);
  await arrived.promise;
  const waiting = chat.complete(HELLO);
  await assert.rejects(chat.complete(HELLO), LlmBusyError);
  assert.equal(server.requests.length, 1);
  go.resolve();
  await Promise.all([running, waiting]);
  assert.equal(server.requests.length, 2);
});

Deno.test("OpenAiChat tells how each call went", async () => {
  await using server = new FakeOpenAiServer();
  server.behave(reply("Hello."), refuse(500), reply("Hello."));
  const calls: LlmCall[] = [];
  const chat = chatOn(server, { onCall: (call) => calls.push(call) });
  await chat.complete(HELLO);
  await assert.rejects(chat.complete(HELLO));
  await assert.rejects(chat.complete({ ...HELLO, signal: AbortSignal.abort() }));
  assert.deepEqual(
    calls.map(({ outcome, completionTokens }) => [outcome, completionTokens]),
    [["answered", 7], ["LlmUnavailableError", 0], ["given up", 0]],
  );
  const [{ firstTokenMs, durationMs }] = calls as [LlmCall];
  assert.ok(firstTokenMs !== null && firstTokenMs > 0 && firstTokenMs <= durationMs);
  assert.equal(calls[1]?.firstTokenMs, null);
});

Deno.test("OpenAiChat takes no base URL that is none", () => {
  assert.throws(() => new OpenAiChat({ baseUrl: "" }), TypeError);
});
