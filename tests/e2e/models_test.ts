import assert from "node:assert/strict";
import { tinyModelFolder } from "../../models/onnx/fixtures.ts";
import { Gateway } from "./gateway.ts";

const GLINER = new URL("../fixtures/gliner/", import.meta.url).pathname;
const GLINER_FLAGS = [
  ...["--gliner-model", `${GLINER}model.onnx`],
  ...["--gliner-tokenizer", `${GLINER}tokenizer.json`],
  ...["--gliner-config", `${GLINER}gliner_config.json`, "--ner-threshold", "0.3"],
];
const JSON_TYPE = { "Content-Type": "application/json" };
const TEXT = "Maria da Conceição comprou um carro em São Paulo";

function post(gateway: Gateway, path: string, body: unknown): Promise<Response> {
  return gateway.fetch(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
}

/** The event, once its frame is in the ring. */
async function publishedEvent(gateway: Gateway, id: string) {
  while (true) {
    const event = await (await gateway.fetch(`/api/events/${id}`)).json();
    if (event.stages.some(({ stage }: { stage: string }) => stage === "publish")) return event;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("events get their embedding from a model, and their entities", async () => {
  await using model = await tinyModelFolder({ dimensions: 1024 });
  const { modelPath, tokenizerPath } = model.settings;
  await using gateway = await Gateway.start({
    flags: [
      ...GLINER_FLAGS,
      ...["--embedding-model", modelPath, "--tokenizer-model", tokenizerPath, "--device", "cpu"],
    ],
  });
  assert.match(gateway.log, /"embedder":"model.onnx or hashing-1","device":"cpu"/);
  const { id } = await (await post(gateway, "/ingest", { type: "Message", message: TEXT })).json();
  const event = await publishedEvent(gateway, id);
  const [ner, publish, ...others] = event.stages;
  assert.deepEqual(others, []);
  assert.deepEqual([ner.stage, publish.stage], ["ner", "publish"]);
  assert.equal(ner.error, null);
  assert.ok(ner.result.entities.length > 0);
  for (const { text, start, end } of ner.result.entities) {
    assert.equal(TEXT.slice(start, end), text);
  }
  const metrics = await (await gateway.fetch("/metrics", { headers: { Accept: "text/plain" } }))
    .text();
  assert.match(metrics, /collider_embeddings_total\{embedder="onnx"\} 1/);
  assert.match(metrics, /collider_embeddings_zero_copy_total 1/);
  assert.match(metrics, /collider_embedder_info\{embedder="model.onnx",device="cpu"\} 1/);
  await gateway.stop();
});

Deno.test("POST /api/extract finds entities for any labels", async () => {
  await using gateway = await Gateway.start({ flags: GLINER_FLAGS });
  const ask = async (body: unknown) => {
    const response = await post(gateway, "/api/extract", body);
    return { status: response.status, body: await response.json() };
  };
  const found = await ask({ text: TEXT, labels: ["vehicle", "city"], threshold: 0 });
  assert.equal(found.status, 200);
  assert.equal(found.body.truncated, false);
  assert.ok(found.body.entities.length > 0);
  for (const { text, start, end, label, score } of found.body.entities) {
    assert.equal(TEXT.slice(start, end), text);
    assert.ok(["vehicle", "city"].includes(label) && score > 0 && score <= 1);
  }
  assert.equal((await ask({ text: "" })).body.entities.length, 0);
  for (
    const [body, says] of [
      [{}, /^text: /],
      [{ text: TEXT, labels: [] }, /^labels: /],
      [{ text: TEXT, labels: [" "] }, /^labels: a label is empty/],
      [{ text: TEXT, threshold: 2 }, /^threshold: /],
    ] as const
  ) {
    const { status, body: { error, code } } = await ask(body);
    assert.deepEqual([status, code], [400, "invalid_request"]);
    assert.match(error, says);
  }
});

Deno.test("without a NER model, /api/extract says which to install", async () => {
  await using gateway = await Gateway.start();
  const response = await post(gateway, "/api/extract", { text: TEXT });
  assert.equal(response.status, 501);
  assert.match((await response.json()).hint, /collider models pull gliner-multi-v2.1/);
});
