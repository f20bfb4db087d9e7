import assert from "node:assert/strict";
import { followEvents, type FollowOptions, type StreamMessage } from "./event_stream.ts";
import { fakeGateway, type FakeHandler, sse } from "./fixtures.ts";
import { GatewayClient } from "./gateway_client.ts";

const event = (id: string) => `id: ${id}\nevent: event\ndata: {"id":"${id}"}\n\n`;
/** Connects again at once. */
const RETRY = "retry: 1\n\n";

/** Follows until `count` messages have come. */
async function follow(
  handlers: readonly [FakeHandler, ...FakeHandler[]],
  count: number,
  options: Partial<FollowOptions> = {},
) {
  await using gateway = fakeGateway(...handlers);
  const notes: string[] = [];
  const messages: StreamMessage[] = [];
  const stream = followEvents(new GatewayClient({ url: gateway.url, token: "s3cret" }), {
    filter: {},
    onLost: (problem) => notes.push(`lost: ${problem}`),
    onBack: () => notes.push("back"),
    ...options,
  });
  for await (const message of stream) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return { messages, notes, requests: gateway.requests };
}

Deno.test("followEvents asks for what is wanted, with the token", async () => {
  const { messages, requests } = await follow([() => sse([event("a")])], 1, {
    filter: { type: "Message", conversation: "ana&bia", contains: "carro" },
  });
  assert.deepEqual(messages, [{ kind: "event", json: '{"id":"a"}' }]);
  const { pathname, searchParams } = new URL(requests[0]!.url);
  assert.equal(pathname, "/api/events/stream");
  assert.deepEqual(Object.fromEntries(searchParams), {
    type: "Message",
    conversation_id: "ana&bia",
    q: "carro",
  });
  assert.equal(requests[0]!.headers.get("authorization"), "Bearer s3cret");
  assert.equal(requests[0]!.headers.get("last-event-id"), null);
});

Deno.test("followEvents goes on after the last event when the connection is lost", async () => {
  const { messages, notes, requests } = await follow([
    () => sse([RETRY, event("a"), event("b")]),
    () => new Response('{"error":"starting"}', { status: 503 }),
    () => sse([event("c")]),
  ], 3);
  assert.deepEqual(messages.map((message) => message.kind === "event" && message.json), [
    '{"id":"a"}',
    '{"id":"b"}',
    '{"id":"c"}',
  ]);
  assert.deepEqual(requests.map(({ headers }) => headers.get("last-event-id")), [null, "b", "b"]);
  assert.deepEqual(notes, [
    "lost: the gateway has ended the connection",
    "lost: starting",
    "back",
  ]);
});

Deno.test("followEvents takes a connection on which nothing comes for dead", async () => {
  const { messages, notes } = await follow(
    [
      () => sse([RETRY, event("a")], { staysOpen: true }),
      () => sse([event("b")]),
    ],
    2,
    { silenceMs: 50 },
  );
  assert.equal(messages.length, 2);
  assert.equal(notes[0], "lost: nothing came from the gateway for 0.05 s");
});

Deno.test("followEvents tells how many events were left out, and knows no other messages", async () => {
  const { messages } = await follow([
    () =>
      sse([": hello\n\n", "event: news\ndata: {}\n\n", 'event: dropped\ndata: {"count":42}\n\n']),
  ], 1);
  assert.deepEqual(messages, [{ kind: "dropped", count: 42 }]);
});

Deno.test("followEvents gives up where another attempt would not help", async () => {
  const refuse = () => Response.json({ error: "q: too long", hint: "Be brief." }, { status: 400 });
  await assert.rejects(follow([refuse], 1), { message: "q: too long", hint: "Be brief." });
  await assert.rejects(
    follow([() => sse([RETRY, event("a")]), () => new Response("", { status: 401 })], 2),
    { status: 401, hint: /GATEWAY_TOKEN/ },
  );
});

Deno.test("followEvents says at once that there is no gateway", async () => {
  const { port } = unusedAddress();
  const stream = followEvents(new GatewayClient({ url: `http://127.0.0.1:${port}` }), {
    filter: {},
    onLost: () => assert.fail("it tries again"),
    onBack: () => {},
  });
  await assert.rejects(stream.next(), { name: "GatewayUnreachableError", hint: /--url/ });
});

function unusedAddress(): Deno.NetAddr {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr;
}
