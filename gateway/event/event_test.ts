import assert from "node:assert/strict";
import fc from "fast-check";
import { GatewayError } from "./errors.ts";
import { eventFromJson, eventFromPayload } from "./event.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const receivedUs = 1_795_000_000_123_456;
const context = { receivedUs };
const event = (payload: unknown) => eventFromJson(encode(JSON.stringify(payload)), context);

/** Asserts that each value of `member` is refused with its path, and that `allowed` is said. */
function assertRefused(member: string, allowed: RegExp, values: unknown[]): void {
  for (const value of values) {
    assert.throws(() => event({ [member]: value }), {
      name: "InvalidEventError",
      status: 400,
      code: "invalid_event",
      path: member,
      message: allowed,
    }, JSON.stringify(value));
  }
}

Deno.test("eventFromJson reads every known member", () => {
  const payload = {
    type: "UserMessage",
    message: "Hello",
    conversation_id: "c-1",
    image_path: "/images/a.png",
    actor: "agent",
    sentiment: -0.5,
    confidence: 0.9,
    workflow_node: 7,
    case_status: "resolved",
    lead_status: "hot",
    id: "order-1",
    other: { kept: true },
  };
  const { id, payloadBytes, ...rest } = event(payload);
  assert.deepEqual(id, new Uint8Array(16));
  assert.deepEqual(payloadBytes, encode(JSON.stringify(payload)));
  assert.deepEqual(rest, {
    receivedUs,
    type: "UserMessage",
    typed: true,
    conversationId: "c-1",
    idempotencyKey: "id:order-1",
    attributes: null,
    payload,
    message: "Hello",
    actorType: 2,
    caseStatus: 3,
    leadStatus: 2,
    workflowNode: 7,
    sentiment: -0.5,
    confidence: 0.9,
  });
});

Deno.test("eventFromJson takes null for absent and fills in the defaults of the frame", () => {
  const members = ["type", "message", "conversation_id", "image_path", "actor", "sentiment"];
  members.push("confidence", "workflow_node", "case_status", "lead_status", "id");
  for (const payload of [{}, Object.fromEntries(members.map((name) => [name, null]))]) {
    const { id: _id, payloadBytes: _bytes, payload: _payload, ...rest } = event(payload);
    assert.deepEqual(rest, {
      receivedUs,
      type: "UnknownEvent",
      typed: false,
      conversationId: null,
      idempotencyKey: null,
      attributes: null,
      message: null,
      actorType: 0,
      caseStatus: 0,
      leadStatus: 0,
      workflowNode: -1,
      sentiment: 0,
      confidence: 0,
    });
  }
});

Deno.test("eventFromJson refuses JSON that is not an object and keeps errors of the parser", () => {
  for (const json of ["[]", "1", "null", '"text"']) {
    assert.throws(() => eventFromJson(encode(json), context), { path: "", code: "invalid_event" });
  }
  assert.throws(() => eventFromJson(encode("{"), context), { code: "invalid_json" });
});

Deno.test("eventFromJson stores the bytes as sent, without a byte order mark", () => {
  const sent = '{"n": 12345678901234567890, "f": 1.0}';
  assert.deepEqual(eventFromJson(encode(`\ufeff${sent}`), context).payloadBytes, encode(sent));
});

Deno.test("eventFromJson throws only errors of its own, whatever the members hold", () => {
  const member = fc.constantFrom("type", "message", "conversation_id", "image_path", "actor", "id");
  const number = fc.constantFrom("sentiment", "confidence", "workflow_node", "case_status");
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(member, number), fc.jsonValue()), (payload) => {
      try {
        event(payload);
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error));
      }
    }),
  );
});

Deno.test("type is a non-empty string of at most 200 characters without control characters", () => {
  assert.equal(event({ type: "x".repeat(200) }).type.length, 200);
  assertRefused("type", /^type: must be a non-empty string of at most 200 characters/, [
    "",
    "  ",
    "x".repeat(201),
    "a\nb",
    "a\u0085b",
    7,
    true,
    {},
    [],
  ]);
});

Deno.test("message and image_path are strings", () => {
  assertRefused("message", /^message: must be a string, got/, [1, false, ["a"]]);
  assertRefused("image_path", /^image_path: must be/, [1, {}, "p".repeat(4097)]);
});

Deno.test("A message that is an object, as chat platforms send it, is left alone", () => {
  assert.equal(event({ message: { text: "Oi" } }).message, null);
});

Deno.test("conversation_id and id are short strings or integers that a double holds exactly", () => {
  assert.equal(event({ conversation_id: 42 }).conversationId, "42");
  assert.equal(event({ conversation_id: "c".repeat(512) }).conversationId?.length, 512);
  assert.equal(event({ id: 0 }).idempotencyKey, "id:0");
  for (const name of ["conversation_id", "id"]) {
    assertRefused(name, /at most 512 characters or an integer below 2\^53/, [
      "",
      "x".repeat(513),
      1.5,
      2 ** 53,
      {},
      true,
    ]);
  }
});

Deno.test("actor is a name in either case, an alias of chat clients or a code", () => {
  const codes = ["system", "Human", "AGENT", "tool", "user", "assistant", 0, 3]
    .map((actor) => event({ actor }).actorType);
  assert.deepEqual(codes, [0, 1, 2, 3, 1, 2, 0, 3]);
  assertRefused("actor", /one of system, human, agent, tool, or a code from 0 to 3/, [
    "robot",
    "",
    4,
    -1,
    1.5,
    true,
    [],
  ]);
});

Deno.test("an actor object of another system's webhook is left alone", () => {
  const { actorType, payload } = event({ actor: { login: "octocat" } });
  assert.equal(actorType, 0);
  assert.deepEqual(payload.actor, { login: "octocat" });
});

Deno.test("case_status and lead_status are names or codes, and unknown names are explained", () => {
  assert.equal(event({ case_status: "Closed" }).caseStatus, 4);
  assert.equal(event({ lead_status: 3 }).leadStatus, 3);
  assertRefused("case_status", /one of new, open, pending, resolved, closed, or a code/, [
    "won",
    5,
  ]);
  assertRefused("lead_status", /one of cold, warm, hot, converted, lost, or a code/, ["", -1, {}]);
});

Deno.test("sentiment and confidence are numbers within their ranges", () => {
  assert.equal(event({ sentiment: -1 }).sentiment, -1);
  assert.equal(event({ confidence: 1 }).confidence, 1);
  assertRefused("sentiment", /^sentiment: must be a number from -1 to 1, got/, ["high", 1.01, -2]);
  assertRefused("confidence", /^confidence: must be a number from 0 to 1, got/, ["0.5", -0.01, []]);
});

Deno.test("workflow_node is an int32 from -1 on", () => {
  assert.equal(event({ workflow_node: 2 ** 31 - 1 }).workflowNode, 2 ** 31 - 1);
  assertRefused("workflow_node", /an integer from -1 to 2147483647/, [-2, 2 ** 31, 0.5, "1"]);
});

Deno.test("what is known from outside the payload goes before the payload's own members", () => {
  const payload = { type: 5, id: { nested: true }, message: "Hello" };
  const { type, typed, idempotencyKey, attributes, message } = eventFromPayload(
    payload,
    encode("{}"),
    { ...context, type: "com.example.sent", idempotencyKey: "ce:s|1", attributes: '{"id":"1"}' },
  );
  assert.deepEqual([type, typed, message], ["com.example.sent", true, "Hello"]);
  assert.deepEqual([idempotencyKey, attributes], ["ce:s|1", '{"id":"1"}']);
});
