import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { tableFromIPC } from "apache-arrow";
import { eventually, Gateway, runGateway } from "./gateway.ts";

const encoder = new TextEncoder();
const JSON_TYPE = { "Content-Type": "application/json" };

function post(gateway: Gateway, body: BodyInit, headers: HeadersInit = JSON_TYPE) {
  return gateway.fetch("/ingest", { method: "POST", body, headers });
}

async function storedCount(gateway: Gateway, query = ""): Promise<number> {
  const response = await gateway.fetch(`/api/events?limit=10000&${query}`);
  return (await response.json()).events.length;
}

function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

Deno.test("an event is answered with its type and id, and is there at once", async () => {
  await using gateway = await Gateway.start();
  const payload =
    '{"message": "Quero cancelar meu plano", "type": "UserMessage", "n": 12345678901234567890}';
  const response = await post(gateway, payload);
  assert.equal(response.status, 200);
  const { status, event_type, id } = await response.json();
  assert.deepEqual({ status, event_type }, { status: "received", event_type: "UserMessage" });
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

  const event = await (await gateway.fetch(`/api/events/${id}`)).json();
  assert.equal(event.payload, payload, "the text is kept as it was sent");
  assert.equal(event.data.message, "Quero cancelar meu plano");
  assert.match(event.received_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.equal((await gateway.fetch(`/api/events/${crypto.randomUUID()}`)).status, 404);
});

Deno.test("an event without a type is an UnknownEvent", async () => {
  await using gateway = await Gateway.start();
  const { event_type } = await (await post(gateway, '{"a": 1}')).json();
  assert.equal(event_type, "UnknownEvent");
});

Deno.test("a wrong input gets an error that says what to do, and stores nothing", async (t) => {
  await using gateway = await Gateway.start({ flags: ["--max-body-mb", "1"] });
  const big = `{"m":"${"x".repeat(1_000_001)}"}`;
  const cases: [
    name: string,
    body: BodyInit,
    headers: HeadersInit,
    status: number,
    code: string,
    says: RegExp,
  ][] = [
    ["not JSON", "{nope", JSON_TYPE, 400, "invalid_json", /line 1, column 2/],
    ["NaN", '{"a": NaN}', JSON_TYPE, 400, "invalid_json", /column 7/],
    ["no object", '"text"', JSON_TYPE, 400, "invalid_event", /must be a JSON object/],
    ["too large", big, JSON_TYPE, 413, "body_too_large", /1000000 bytes/],
    [
      "too large, of unknown length",
      new Blob([big]).stream(),
      JSON_TYPE,
      413,
      "body_too_large",
      /1000000/,
    ],
    [
      "too large, decompressed",
      await gzip(encoder.encode(big)),
      { ...JSON_TYPE, "Content-Encoding": "gzip" },
      413,
      "body_too_large",
      /decompressed/,
    ],
    [
      "broken gzip",
      "abc",
      { ...JSON_TYPE, "Content-Encoding": "gzip" },
      400,
      "broken_body",
      /gzip/,
    ],
    [
      "unknown compression",
      "abc",
      { ...JSON_TYPE, "Content-Encoding": "br" },
      415,
      "unsupported_media_type",
      /br/,
    ],
    ["too deep", `{"a":${"[".repeat(65)}${"]".repeat(65)}}`, JSON_TYPE, 413, "json_too_deep", /64/],
    [
      "too many members",
      `{${Array.from({ length: 10_001 }, (_, i) => `"k${i}":1`)}}`,
      JSON_TYPE,
      413,
      "json_too_many_members",
      /10000/,
    ],
    ["duplicate keys", '{"a":{"b":1,"b":2}}', JSON_TYPE, 400, "json_duplicate_member", /^a\.b/],
    [
      "invalid UTF-8",
      new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      JSON_TYPE,
      400,
      "invalid_utf8",
      /byte 2/,
    ],
    [
      "wrong content type",
      "a=1",
      { "Content-Type": "application/x-www-form-urlencoded" },
      415,
      "unsupported_media_type",
      /x-www-form/,
    ],
    ["wrong member", '{"sentiment": "high"}', JSON_TYPE, 400, "invalid_event", /^sentiment: /],
    [
      "wrong CloudEvent",
      '{"specversion":"1.0","id":"1","type":"t"}',
      { "Content-Type": "application/cloudevents+json" },
      400,
      "invalid_cloud_event",
      /^source: /,
    ],
  ];
  for (const [name, body, headers, status, code, says] of cases) {
    await t.step(name, async () => {
      const response = await post(gateway, body, headers);
      const answer = await response.json();
      assert.equal(response.status, status, JSON.stringify(answer));
      assert.equal(answer.code, code);
      assert.match(answer.error, says);
      assert.ok(answer.hint.length > 0);
      assert.doesNotMatch(
        JSON.stringify(answer),
        /\.ts:|at async/,
        "no stack trace leaves the process",
      );
    });
  }
  assert.equal(await storedCount(gateway), 0);
});

Deno.test("a string of 10 MB is stored whole", async () => {
  await using gateway = await Gateway.start();
  const payload = JSON.stringify({ type: "Big", message: "é".repeat(5_000_000) });
  const { id } = await (await post(gateway, payload)).json();
  assert.equal((await (await gateway.fetch(`/api/events/${id}`)).json()).payload, payload);
});

Deno.test("the broken 50th line of 100 never loses the good ones", async () => {
  await using gateway = await Gateway.start();
  const lines = Array.from({ length: 100 }, (_, i) => `{"type":"Line","n":${i}}`);
  lines[49] = '{"type":';
  const response = await post(gateway, lines.join("\n"), {
    "Content-Type": "application/x-ndjson",
  });
  const answer = await response.json();
  assert.equal(answer.accepted, 99);
  assert.deepEqual(answer.rejected.map(({ index }: { index: number }) => index), [49]);
  assert.equal(await storedCount(gateway, "type=Line"), 99);
});

Deno.test("a JSON array and a batch of CloudEvents are stored one by one", async () => {
  await using gateway = await Gateway.start();
  const array = await (await post(gateway, '[{"type":"A"}, 5, {"type":"A"}]')).json();
  assert.equal(array.accepted, 2);
  assert.deepEqual(array.rejected.map(({ index }: { index: number }) => index), [1]);
  const event = { specversion: "1.0", source: "/s", type: "Ce", data: { a: 1 } };
  const batch = await (await post(
    gateway,
    JSON.stringify([{ ...event, id: "1" }, { ...event, id: "2" }]),
    { "Content-Type": "application/cloudevents-batch+json" },
  )).json();
  assert.equal(batch.accepted, 2);
  const binary = await (await post(gateway, '{"b":2}', {
    ...JSON_TYPE,
    "ce-specversion": "1.0",
    "ce-id": "3",
    "ce-source": "/s",
    "ce-type": "Ce",
  })).json();
  assert.equal(binary.event_type, "Ce");
  assert.equal(await storedCount(gateway, "type=Ce"), 3);
});

Deno.test("the same idempotency key is stored once, at the same time and after a restart", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-" });
  const headers = { ...JSON_TYPE, "Idempotency-Key": "k1" };
  let first;
  {
    await using gateway = await Gateway.start({ directory });
    const answers = await Promise.all(
      Array.from(
        { length: 8 },
        async () => await (await post(gateway, '{"type":"Once"}', headers)).json(),
      ),
    );
    first = answers[0].id;
    assert.deepEqual(new Set(answers.map(({ id }) => id)), new Set([first]));
    assert.equal(answers.filter(({ duplicate }) => duplicate === true).length, 7);
    await gateway.stop();
  }
  {
    await using gateway = await Gateway.start({ directory });
    const again = await (await post(gateway, '{"type":"Once"}', headers)).json();
    assert.deepEqual([again.id, again.duplicate], [first, true]);
    assert.equal(await storedCount(gateway, "type=Once"), 1);
    await gateway.stop();
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("pages go through all events once, in every form", async () => {
  await using gateway = await Gateway.start();
  const lines = Array.from(
    { length: 25 },
    (_, i) => `{"type":"P","n":${i},"conversation_id":"c${i % 2}"}`,
  );
  await post(gateway, lines.join("\n"), { "Content-Type": "application/x-ndjson" });
  await eventually("the frames", async () => {
    const { events } = await (await gateway.fetch("/api/events?limit=25")).json();
    return events.every(({ frame_id }: { frame_id: number | null }) => frame_id !== null) ||
      undefined;
  });
  const seen: number[] = [];
  for (let cursor = "";;) {
    const page = await (await gateway.fetch(`/api/events?limit=10${cursor}`)).json();
    seen.push(...page.events.map(({ data }: { data: { n: number } }) => data.n));
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  assert.deepEqual(seen, Array.from({ length: 25 }, (_, i) => 24 - i), "newest first");
  assert.equal(await storedCount(gateway, "conversation_id=c1"), 12);
  assert.equal(await storedCount(gateway, "q=%22n%22:7"), 1);
  assert.equal(await storedCount(gateway, "until=2000-01-01T00:00:00Z"), 0);
  assert.equal((await gateway.fetch("/api/events?limit=0")).status, 400);

  const as = (type: string) => gateway.fetch("/api/events?limit=25", { headers: { Accept: type } });
  const newest = (await (await as("application/json")).json()).events[0];
  const ndjson = (await (await as("application/x-ndjson")).text()).trim().split("\n");
  assert.deepEqual(JSON.parse(ndjson[0]!), newest);
  assert.equal((await (await as("text/csv")).text()).trim().split("\r\n").length, 26);
  const table = tableFromIPC(await (await as("application/vnd.apache.arrow.stream")).bytes());
  assert.equal(table.numRows, 25);
  assert.equal(table.getChild("id")!.get(0), newest.id);
  assert.equal(table.getChild("payload")!.get(0), newest.payload);
});

Deno.test("a misspelt parameter or member is refused, and not left out", async () => {
  await using gateway = await Gateway.start();
  const requests: [path: string, body?: unknown][] = [
    ["/api/events?limt=5"],
    ["/api/events/stream?limt=5"],
    ["/api/frames?limt=5"],
    ["/api/logs?limt=5"],
    ["/api/search", { text: "refund", limt: 5 }],
    ["/api/query", { sql: "SELECT 1", limt: 5 }],
    ["/api/config", { batch_size: 5, limt: 5 }],
  ];
  for (const [path, body] of requests) {
    const init = { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) };
    const response = await gateway.fetch(path, body === undefined ? {} : init);
    assert.equal(response.status, 400, path);
    assert.match((await response.json()).error, /"limt"/, path);
  }
});

Deno.test("learned schemas have the same ids and counts after a restart", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-" });
  let before;
  {
    await using gateway = await Gateway.start({ directory });
    await post(gateway, '{"type":"A","x":1}');
    await post(gateway, '{"type":"B","y":"1","@context":{"y":"urn:y"}}');
    await post(gateway, '{"type":"A","x":null,"z":[1]}');
    before = await (await gateway.fetch("/api/schemas")).json();
    await gateway.kill();
  }
  assert.deepEqual(
    before.schemas.map(({ name, fields }: { name: string; fields: string[] }) => [name, fields]),
    [
      ["A", ["type", "x", "z"]],
      ["B", ["type", "y", "@context"]],
    ],
  );
  await using gateway = await Gateway.start({ directory });
  assert.deepEqual(await (await gateway.fetch("/api/schemas")).json(), before);
  assert.equal((await (await gateway.fetch("/api/schemas/B")).json()).context.y, "urn:y");
  const missing = await gateway.fetch("/api/schemas/None");
  assert.deepEqual([missing.status, (await missing.json()).error], [404, "Schema not found"]);
  await gateway.stop();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("settings are changed, masked and kept", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-" });
  {
    await using gateway = await Gateway.start({ directory });
    const change = async (body: object) =>
      await (await gateway.fetch("/api/config", {
        method: "POST",
        headers: JSON_TYPE,
        body: JSON.stringify(body),
      })).json();
    const changed = await change({
      batch_size: "7",
      webhook_url: "https://u:secret@example.com/?key=1",
    });
    assert.equal(changed.status, "updated");
    assert.equal(changed.config.export_batch_size, 7);
    assert.doesNotMatch(changed.config.webhook_url, /secret|key=1/);
    assert.equal((await change({ batch_size: 7 })).status, "unchanged");
    assert.match((await change({ batch_size: 0 })).error, /^batch_size: /);
    const event = await post(gateway, '{"type":"SystemConfig","ontology_iri":"urn:mine#"}');
    assert.deepEqual(await event.json(), { status: "configuration_updated" });
    await gateway.stop();
  }
  await using gateway = await Gateway.start({ directory });
  const { config } = await (await gateway.fetch("/api/config")).json();
  assert.deepEqual([config.export_batch_size, config.ontology_iri], [7, "urn:mine#"]);
  assert.equal(await storedCount(gateway), 0, "configuration is no event");
  await gateway.stop();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("the token protects everything but health and readiness", async () => {
  await using gateway = await Gateway.start({ flags: ["--token", "s3cret"] });
  for (
    const path of [
      "/api/events",
      "/api/schemas",
      "/api/config",
      "/metrics",
      "/openapi.json",
      "/docs",
    ]
  ) {
    const response = await gateway.fetch(path);
    assert.equal(response.status, 401, path);
    assert.equal(response.headers.get("WWW-Authenticate"), "Bearer");
    await response.body?.cancel();
    const allowed = await gateway.fetch(path, { headers: { Authorization: "Bearer s3cret" } });
    assert.equal(allowed.status, 200, path);
    await allowed.body?.cancel();
  }
  assert.equal((await post(gateway, "{}")).status, 401);
  assert.equal(
    (await post(gateway, "{}", { ...JSON_TYPE, Authorization: "Bearer wrong" })).status,
    401,
  );
  assert.equal(await (await gateway.fetch("/health")).text(), "OK");
  assert.equal((await gateway.fetch("/ready")).status, 200);
});

Deno.test("listening to others without a token is refused with an explanation", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-" });
  const { code, stderr } = await runGateway({ directory, flags: ["--host", "0.0.0.0"] });
  assert.equal(code, 1);
  assert.match(stderr, /--token/);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a webhook's signature lets it in, a wrong one does not", async () => {
  const secret = `whsec_${btoa("a secret of thirty-two characters")}`;
  await using gateway = await Gateway.start({
    flags: ["--token", "t", "--webhook-secret", `shop=${secret}`],
  });
  const body = '{"type":"Order"}';
  const signedAt = new Date();
  const send = (signature: string, id = "msg_1") =>
    gateway.fetch("/ingest?source=shop", {
      method: "POST",
      body,
      headers: {
        ...JSON_TYPE,
        "webhook-id": id,
        "webhook-timestamp": `${Math.floor(signedAt.getTime() / 1000)}`,
        "webhook-signature": signature,
      },
    });
  const signature = new Webhook(secret).sign("msg_1", signedAt, body);
  assert.equal((await send(signature)).status, 200);
  assert.equal((await (await send(signature)).json()).duplicate, true, "a retry is harmless");
  assert.equal((await send("v1,bm9wZQ==")).status, 401);
});

Deno.test("a stream of lines for a source is signed as well, or refused", async () => {
  const secret = `whsec_${btoa("a secret of thirty-two characters")}`;
  await using gateway = await Gateway.start({ flags: ["--webhook-secret", `shop=${secret}`] });
  const body = '{"type":"Order"}\n{"type":"Order"}\n';
  const signedAt = new Date();
  const send = (headers: HeadersInit) =>
    gateway.fetch("/ingest?source=shop", {
      method: "POST",
      body,
      headers: { "Content-Type": "application/x-ndjson", ...headers },
    });
  const refused = await send({});
  assert.equal(refused.status, 401);
  await refused.body?.cancel();
  const accepted = await send({
    "webhook-id": "msg_1",
    "webhook-timestamp": `${Math.floor(signedAt.getTime() / 1000)}`,
    "webhook-signature": new Webhook(secret).sign("msg_1", signedAt, body),
  });
  assert.equal((await accepted.json()).accepted, 2);
});

Deno.test("nothing is stored of an array that is broken at its end", async () => {
  await using gateway = await Gateway.start();
  const events = Array.from({ length: 5_000 }, (_, n) => `{"type":"Cut","n":${n}}`);
  const broken = await post(gateway, `[${events.join(",")}`);
  assert.equal(broken.status, 400);
  const { events: stored } = await (await gateway.fetch("/api/events?limit=1")).json();
  assert.deepEqual(stored, []);
});

Deno.test("a form is taken as it is, or refused", async () => {
  await using gateway = await Gateway.start();
  const send = async (parts: readonly (readonly [name: string, value: string])[], cut = 0) => {
    const text =
      parts.map(([name, value]) =>
        `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
      ).join("") + "--x--\r\n";
    const headers = { "Content-Type": "multipart/form-data; boundary=x" };
    const body = text.slice(0, text.length - cut);
    const response = await gateway.fetch("/ingest", { method: "POST", headers, body });
    return { status: response.status, answer: await response.json() };
  };
  const { answer } = await send([["event", '{"type":"Scan","n":12345678901234567890}'], [
    "a",
    "b",
  ]]);
  const { payload } = await (await gateway.fetch(`/api/events/${answer.id}`)).json();
  assert.equal(payload, '{"type":"Scan","n":12345678901234567890,"a":"b"}');
  assert.match((await send([["a", "1"], ["a", "2"]])).answer.error, /twice/);
  assert.match((await send([["a", "1"]], 8)).answer.error, /no end/);
  assert.match((await send([["event", "[1]"]])).answer.error, /must be a JSON object/);
});

Deno.test("a wrong method says which are right, a wrong path where to look", async () => {
  await using gateway = await Gateway.start();
  const method = await gateway.fetch("/ingest");
  assert.deepEqual([method.status, method.headers.get("Allow")], [405, "POST"]);
  const path = await gateway.fetch("/nowhere");
  assert.deepEqual([path.status, (await path.json()).code], [404, "not_found"]);
});

Deno.test("metrics come as JSON and as Prometheus text", async () => {
  await using gateway = await Gateway.start();
  await post(gateway, '{"type":"M"}');
  const json = await (await gateway.fetch("/metrics")).json();
  assert.equal(json.events_ingested, 1);
  assert.equal(json.schemas_learned, 1);
  assert.ok("frames_written" in json.physics && "buffer_head" in json.physics);
  const text = await (await gateway.fetch("/metrics", { headers: { Accept: "text/plain" } }))
    .text();
  assert.match(text, /^collider_events_ingested_total 1$/m);
  assert.match(text, /collider_stage_duration_seconds_bucket\{le="0.001",stage="commit"\}/);
});

Deno.test("the API describes itself, and its page loads nothing from elsewhere", async () => {
  await using gateway = await Gateway.start();
  const document = await (await gateway.fetch("/openapi.json")).json();
  assert.match(document.openapi, /^3\.1/);
  for (
    const path of [
      "/ingest",
      "/api/events",
      "/api/events/{id}",
      "/api/schemas",
      "/api/config",
      "/metrics",
    ]
  ) {
    assert.ok(path in document.paths, path);
  }
  const page = await (await gateway.fetch("/docs")).text();
  assert.match(page, /\/api\/schemas\/\{name\}/);
  assert.doesNotMatch(page, /<script|(?:src|href)="(?:https?:)?\/\//);
});

Deno.test("no page of another site can send events, change settings or read", async () => {
  await using gateway = await Gateway.start();
  const headers = { "Content-Type": "text/plain", "Origin": "https://elsewhere.example" };
  const body = '{"webhook_url":"https://elsewhere.example/"}';
  for (const path of ["/api/config", "/api/chat", "/ingest", "/api/query"]) {
    const response = await gateway.fetch(path, { method: "POST", headers, body });
    assert.equal(response.status, 403, path);
    assert.equal((await response.json()).code, "forbidden_origin");
  }
  const { config } = await (await gateway.fetch("/api/config")).json();
  assert.equal(config.webhook_url, null);
  // A browser that took the name of another site for this machine's.
  const connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(gateway.url).port),
  });
  await connection.write(
    encoder.encode(
      "GET /api/events HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n",
    ),
  );
  assert.match(await new Response(connection.readable).text(), /^HTTP\/1.1 403 .*forbidden_host/s);
});
