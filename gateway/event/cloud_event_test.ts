import assert from "node:assert/strict";
import { CloudEvent, HTTP } from "cloudevents";
import fc from "fast-check";
import {
  type CloudEventDraft,
  cloudEventFromHttp,
  cloudEventFromJson,
  cloudEventMode,
} from "./cloud_event.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

const REQUIRED = { specversion: "1.0", id: "1", source: "/shop", type: "com.example.sent" };
const structured = (members: object) =>
  cloudEventFromJson(encode(JSON.stringify({ ...REQUIRED, ...members })));
const binary = (headers: Record<string, string>, body: Uint8Array | string = "") =>
  cloudEventFromHttp(
    new Headers({
      "ce-specversion": "1.0",
      "ce-id": "1",
      "ce-source": "/shop",
      "ce-type": "com.example.sent",
      ...headers,
    }),
    typeof body === "string" ? encode(body) : body,
  );

Deno.test("cloudEventMode tells the three modes of the HTTP binding apart", () => {
  const mode = (headers: Record<string, string>) => cloudEventMode(new Headers(headers));
  assert.equal(
    mode({ "content-type": "Application/CloudEvents+JSON; charset=utf-8" }),
    "structured",
  );
  assert.equal(mode({ "content-type": "application/cloudevents-batch+json" }), "batch");
  assert.equal(mode({ "content-type": "application/json", "ce-specversion": "1.0" }), "binary");
  assert.equal(mode({ "content-type": "application/json" }), null);
  assert.equal(mode({ "content-type": "application/cloudevents+avro" }), null);
});

Deno.test("a structured CloudEvent's data is the payload, its attributes stand apart", () => {
  const time = "2026-11-20T22:44:00.123456789Z";
  const draft = structured({ time, traceid: "x", retries: 2, subject: null, data: { a: 1 } });
  assert.deepEqual(draft.payload, { a: 1 });
  assert.deepEqual(JSON.parse(draft.attributes), { ...REQUIRED, time, traceid: "x", retries: 2 });
  assert.equal(draft.type, "com.example.sent");
  assert.equal(draft.idempotencyKey, "ce:/shop|1");
});

Deno.test("a structured CloudEvent's data keeps the text it was sent as", () => {
  const json = (data: string) => encode(JSON.stringify(REQUIRED).replace("{", `{"data":${data},`));
  const payload = (data: string) => decode(cloudEventFromJson(json(data)).payloadBytes);
  assert.equal(payload('{"n": 12345678901234567890}'), '{"n": 12345678901234567890}');
  assert.equal(payload(" 1.0 "), '{"data":1.0}');
});

Deno.test("data that is no object is wrapped, absent data is an empty payload", () => {
  assert.deepEqual(structured({ data: ["a"] }).payload, { data: ["a"] });
  assert.deepEqual(structured({ data: "text" }).payload, { data: "text" });
  assert.deepEqual(structured({ data: null }).payload, {});
  assert.deepEqual(structured({}).payload, {});
  const { payload, payloadBytes } = structured({ data_base64: "AAEC/w==" });
  assert.deepEqual(payload, { data_base64: "AAEC/w==" });
  assert.deepEqual(JSON.parse(decode(payloadBytes)), payload);
});

Deno.test("a CloudEvent without a required attribute is refused with the attribute's name", () => {
  for (const name of Object.keys(REQUIRED)) {
    for (const value of [null, "", " ", 1, true]) {
      assert.throws(() => structured({ [name]: value }), {
        name: "InvalidCloudEventError",
        status: 400,
        path: name,
      });
    }
    assert.throws(() => binary({ [`ce-${name}`]: "" }), { path: `ce-${name}` });
  }
  assert.throws(() => cloudEventFromJson(encode("[]")), { message: /^the CloudEvent: must be/ });
});

Deno.test("a CloudEvent with a malformed attribute is refused with the attribute's name", () => {
  const malformed: [name: string, value: unknown][] = [
    ["specversion", "0.3"],
    ["time", "yesterday"],
    ["time", 1_700_000_000],
    ["subject", "line\nbreak"],
    ["id", "x".repeat(513)],
    ["source", `/${"x".repeat(2048)}`],
    ["extension", { nested: true }],
    ["extension", ["a"]],
    ["data_base64", "not base64"],
    ["data_base64", 1],
  ];
  for (const [path, value] of malformed) {
    assert.throws(() => structured({ [path]: value }), { name: "InvalidCloudEventError", path });
  }
  const both = { data: 1, data_base64: "AA==" };
  assert.throws(() => structured(both), { path: "data_base64" });
});

Deno.test("a source and an id can't be taken for another source and another id", () => {
  const key = (source: string, id: string) => structured({ source, id }).idempotencyKey;
  assert.notEqual(key("/a", "b|c"), key("/a|b", "c"));
  assert.equal(key("/a", "b"), key("/a", "b"));
});

Deno.test("binary mode undoes percent-encoding and the quotes of older senders once", () => {
  const draft = binary({
    "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80 100%2525",
    "ce-quoted": '"a \\"b\\" %41"',
  });
  const { subject, quoted } = JSON.parse(draft.attributes);
  assert.equal(subject, "Euro € 😀 100%25");
  assert.equal(quoted, 'a "b" A');
  assert.throws(() => binary({ "ce-subject": "50%" }), { path: "ce-subject" });
  assert.throws(() => binary({ "ce-id": "%ff" }), { path: "ce-id" });
});

Deno.test("binary mode reads the body by its content type", () => {
  const payload = (type: string | null, body: Uint8Array | string) => {
    const draft = binary(type === null ? {} : { "content-type": type }, body);
    assert.equal(decode(draft.payloadBytes), JSON.stringify(draft.payload));
    assert.equal(JSON.parse(draft.attributes).datacontenttype, type ?? undefined);
    return draft.payload;
  };
  assert.deepEqual(payload("application/json", '\ufeff{"a":1}'), { a: 1 });
  assert.deepEqual(payload("application/vnd.x+json; charset=utf-8", "[1]"), { data: [1] });
  assert.deepEqual(payload(null, '{"a":1}'), { a: 1 });
  assert.deepEqual(payload("text/plain", 'say "é"'), { data: 'say "é"' });
  assert.deepEqual(payload("application/xml", "<a/>"), { data: "<a/>" });
  assert.deepEqual(payload("text/plain", Uint8Array.of(0xff)), { data_base64: "/w==" });
  assert.deepEqual(payload("application/octet-stream", "abc"), { data_base64: "YWJj" });
  assert.deepEqual(payload("application/json", ""), {});
  assert.throws(() => payload("application/json", "{oops"), { code: "invalid_json" });
});

Deno.test("events that the CloudEvents SDK writes are read as it means them", () => {
  const data = fc.dictionary(fc.string(), fc.jsonValue());
  const text = fc.string({ unit: "grapheme-ascii", minLength: 1 }).filter((s) => s.trim() !== "");
  const assertSame = (draft: CloudEventDraft, event: CloudEvent<unknown>) => {
    assert.deepEqual(draft.payload, JSON.parse(JSON.stringify(event.data)));
    const { id, source, type, time, order } = JSON.parse(draft.attributes);
    const sent = JSON.parse(JSON.stringify(event));
    assert.deepEqual([id, source, type, time, String(order)], [
      sent.id,
      sent.source,
      sent.type,
      sent.time,
      String(sent.order),
    ]);
  };
  fc.assert(fc.property(data, text, (data, id) => {
    const attributes = { id, source: "/shop", type: "com.example.sent", order: 7 };
    const event = new CloudEvent({ ...attributes, datacontenttype: "application/json", data });
    assertSame(cloudEventFromJson(encode(String(HTTP.structured(event).body))), event);

    const plain = event.cloneWith({ id: encodeURIComponent(id) });
    const { headers, body } = HTTP.binary(plain);
    assertSame(
      cloudEventFromHttp(new Headers(headers as HeadersInit), encode(String(body))),
      event,
    );
  }));
});

Deno.test("CloudEvents whose data is no object count the object around it", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.equal(decode(binary({}, nested(63)).payloadBytes), `{"data":${nested(63)}}`);
  assert.throws(() => binary({}, nested(64)), { code: "json_too_deep" });
});
