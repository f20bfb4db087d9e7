import assert from "node:assert/strict";
import { get } from "node:http";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { eventually, Gateway } from "./gateway.ts";

interface Message {
  readonly id?: string | undefined;
  readonly event?: string | undefined;
  readonly data: string;
}

/** Follows events, from when it is resolved. */
async function follow(gateway: Gateway, query = "", headers: HeadersInit = {}) {
  const response = await gateway.fetch(`/api/events/stream?${query}`, { headers });
  assert.equal(response.status, 200);
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream()).getReader();
  return {
    async next(): Promise<Message> {
      const { value, done } = await reader.read();
      assert.ok(!done, "the stream has ended");
      return value;
    },
    async ended(): Promise<boolean> {
      return (await reader.read()).done;
    },
    // It may have broken with the gateway.
    [Symbol.asyncDispose]: () => reader.cancel().catch(() => {}),
  };
}

Deno.test("events are followed live, as they are in the list", async () => {
  await using gateway = await Gateway.start();
  await gateway.ingest({ type: "Before" });
  await eventually("its frame", async () => {
    const { ring } = await (await gateway.fetch("/metrics")).json();
    return ring.head === 1 || undefined;
  });
  await using live = await follow(gateway);
  const id = await gateway.ingest({ type: "After", message: "linha\nolá 😀" });
  const message = await live.next();
  assert.deepEqual([message.event, message.id], ["event", id]);
  const { frame_id, ...event } = JSON.parse(message.data);
  assert.equal(frame_id, 1);
  const { frame_id: _, stages: __, ...listed } = await (await gateway.fetch(`/api/events/${id}`))
    .json();
  assert.deepEqual(event, listed);
});

Deno.test("a client follows only what it asked for", async () => {
  await using gateway = await Gateway.start();
  await using live = await follow(gateway, "type=Order&conversation_id=c&q=CAR");
  await gateway.ingest({ type: "Order", conversation_id: "c", item: "bike" });
  await gateway.ingest({ type: "Other", conversation_id: "c", item: "car" });
  await gateway.ingest({ type: "Order", conversation_id: "d", item: "car" });
  const id = await gateway.ingest({ type: "Order", conversation_id: "c", item: "red Car" });
  assert.equal((await live.next()).id, id);
});

Deno.test("a client resumes after the event that it has seen last, also after a restart", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-live-" });
  try {
    const ids: string[] = [];
    {
      await using gateway = await Gateway.start({ directory });
      await using live = await follow(gateway);
      // More than a page of them.
      const lines = Array.from({ length: 300 }, (_, n) => `{"type":"Tick","n":${n}}\n`);
      const headers = { "Content-Type": "application/x-ndjson" };
      await gateway.fetch("/ingest", { method: "POST", headers, body: lines.join("") });
      while (ids.length < 300) ids.push((await live.next()).id!);
      await using resumed = await follow(gateway, "", { "Last-Event-ID": ids[0]! });
      for (const id of ids.slice(1)) assert.equal((await resumed.next()).id, id);
      ids.push(await gateway.ingest({ type: "Tick" }));
      assert.equal((await resumed.next()).id, ids.at(-1));
    }
    await using gateway = await Gateway.start({ directory });
    await using resumed = await follow(gateway, "", { "Last-Event-ID": ids[298]! });
    ids.push(await gateway.ingest({ type: "Tick" }));
    for (const id of ids.slice(299)) assert.equal((await resumed.next()).id, id);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a client that does not read neither slows ingestion nor grows the gateway", async () => {
  await using gateway = await Gateway.start();
  await using live = await follow(gateway);
  const line = `{"type":"Tick","text":"${"x".repeat(1_000)}"}\n`;
  const headers = { "Content-Type": "application/x-ndjson" };
  for (let i = 0; i < 4; i++) {
    await gateway.fetch("/ingest", { method: "POST", headers, body: line.repeat(10_000) });
  }
  let dropped = 0;
  let seen = 0;
  let lastFrame = -1;
  while (lastFrame < 39_999) {
    const { event, data } = await live.next();
    if (event === "dropped") dropped += JSON.parse(data).count;
    else {
      seen++;
      lastFrame = JSON.parse(data).frame_id;
    }
  }
  assert.equal(dropped + seen, 40_000);
  const metrics = await (await gateway.fetch("/metrics")).json();
  assert.equal(metrics.subscribers_dropped, dropped);
  assert.equal(metrics.subscribers, 1);
});

Deno.test("those who follow events don't keep the gateway from stopping", async () => {
  await using gateway = await Gateway.start();
  await using live = await follow(gateway);
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/ws`);
  await new Promise((resolve) => socket.onopen = resolve);
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  await gateway.stop();
  assert.ok(await live.ended());
  assert.equal((await closed).code, 1001);
});

Deno.test("events are followed by WebSocket, but not by other sites' pages", async () => {
  await using gateway = await Gateway.start();
  const first = await gateway.ingest({ type: "A" });
  const second = await gateway.ingest({ type: "B" });
  const url = `${gateway.url.replace("http", "ws")}/ws`;
  const socket = new WebSocket(`${url}?type=B&after=${first}`);
  const message = await new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
  assert.equal(JSON.parse(message.data).id, second);
  socket.close();

  assert.equal((await gateway.fetch("/ws")).status, 426);
  const headers = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": btoa("0123456789abcdef"),
    "Origin": "https://elsewhere.example",
  };
  assert.equal((await gateway.fetch("/ws", { headers })).status, 403);
});

Deno.test("requests that can't follow events don't take the place of those that can", async () => {
  await using gateway = await Gateway.start();
  const head = await gateway.fetch("/api/events/stream", { method: "HEAD" });
  assert.equal(head.headers.get("Content-Type"), "text/event-stream");
  const keyless = { "Connection": "Upgrade", "Upgrade": "websocket" };
  const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) =>
    get(`${gateway.url}/ws`, { headers: keyless }, async (response) => {
      const chunks = await Array.fromAsync(response.setEncoding("utf8"));
      resolve({ status: response.statusCode!, body: chunks.join("") });
    }).on("error", reject)
  );
  assert.equal(status, 400);
  assert.match(JSON.parse(body).error, /no WebSocket can be opened/);
  const { subscribers } = await (await gateway.fetch("/metrics")).json();
  assert.equal(subscribers, 0);
});

Deno.test("a wrong Last-Event-ID is refused", async () => {
  await using gateway = await Gateway.start();
  const headers = { "Last-Event-ID": "yesterday" };
  const response = await gateway.fetch("/api/events/stream", { headers });
  assert.equal(response.status, 400);
  assert.match((await response.json()).error, /Last-Event-ID/);
});
