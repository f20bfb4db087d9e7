import assert from "node:assert/strict";
import { drawnPage, OCR_SETTINGS } from "../../models/ocr/fixtures.ts";
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
      [{ text: TEXT, labels: [] }, /^labels: there must be at least one/],
      [{ text: TEXT, labels: ["date", " "] }, /^labels\.1: a label is empty/],
      [{ text: TEXT, labels: ["date", "city", " date"] }, /^labels\.2: this label is there twice/],
      [{ text: TEXT, labels: Array.from({ length: 101 }, String) }, /^labels: .* 100 .* at most/],
      [{ text: TEXT, labels: ["x".repeat(1_001)] }, /^labels: .* more than 1000 characters/],
      [{ text: TEXT, labels: ["\ufdfa".repeat(500)] }, /^labels: .* all of a prompt's 2048 tokens/],
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

const OCR_FLAGS = [
  ...["--ocr-det-model", OCR_SETTINGS.detectionPath],
  ...["--ocr-rec-model", OCR_SETTINGS.recognitionPath],
  ...["--ocr-dictionary", OCR_SETTINGS.dictionaryPath],
];

/** The OCR stage of an event, once its frame is in the ring. */
async function ocrOf(gateway: Gateway, answer: Response) {
  assert.equal(answer.status, 200);
  const { stages } = await publishedEvent(gateway, (await answer.json()).id);
  return stages.find(({ stage }: { stage: string }) => stage === "ocr");
}

Deno.test("documents of events are read, however they come", async () => {
  const images = await Deno.makeTempDir({ prefix: "collider-images-" });
  const page = await drawnPage("sans");
  await Deno.writeFile(`${images}/page.png`, page);
  await using gateway = await Gateway.start({ flags: [...OCR_FLAGS, "--image-root", images] });
  const form = new FormData();
  form.set("type", "Scan");
  form.set("image", new File([page], "page.png", { type: "image/png" }));
  const answers = [
    await post(gateway, "/ingest", { type: "Scan", image_path: "page.png" }),
    await post(gateway, "/ingest", { type: "Scan", image: page.toBase64() }),
    await gateway.fetch("/ingest", { method: "POST", body: form }),
  ];
  for (const answer of answers) {
    const { result, error } = await ocrOf(gateway, answer);
    assert.equal(error, null);
    assert.equal(result.pages, 1);
    assert.match(result.markdown, /Total amount due: 99\.80 EUR/);
  }
  const broken = { type: "Scan", image: new Uint8Array(100).toBase64() };
  const { result, error } = await ocrOf(gateway, await post(gateway, "/ingest", broken));
  assert.equal(result, null);
  assert.match(error, /can't be read/);
  const outside = await post(gateway, "/ingest", { type: "Scan", image_path: "/etc/passwd" });
  assert.equal(outside.status, 400);
  assert.equal((await outside.json()).code, "image_path_refused");
  await gateway.stop();
  await Deno.remove(images, { recursive: true });
});

Deno.test("POST /api/ocr reads a document in each form, and refuses what is none", async () => {
  await using gateway = await Gateway.start({ flags: OCR_FLAGS });
  const page = await drawnPage("serif");
  const form = new FormData();
  form.set("file", new File([page], "page.png"));
  const send = (body: BodyInit, headers: HeadersInit = {}) =>
    gateway.fetch("/api/ocr", { method: "POST", body, headers });
  const answers = [
    await send(page, { "Content-Type": "image/png" }),
    await send(form),
    await send(JSON.stringify({ image: page.toBase64() }), JSON_TYPE),
  ];
  for (const answer of answers) {
    const { markdown, pages: [first, ...others] } = await answer.json();
    assert.match(markdown, /Invoice No\. 2024-0815/);
    assert.deepEqual(others, []);
    assert.equal(first.lines.length, 6);
    assert.equal(first.lines[0].quad.length, 4);
  }
  const noImage = await send("no image", { "Content-Type": "image/png" });
  assert.deepEqual([noImage.status, (await noImage.json()).code], [422, "unreadable_document"]);
  const noForm = await send("no form", { "Content-Type": "multipart/form-data" });
  assert.deepEqual([noForm.status, (await noForm.json()).code], [400, "broken_body"]);
  const noBase64 = await send('{"image":"?"}', JSON_TYPE);
  assert.deepEqual([noBase64.status, (await noBase64.json()).code], [400, "invalid_request"]);
  const noDocument = await send("x", { "Content-Type": "text/plain" });
  assert.equal(noDocument.status, 415);
});

Deno.test("without OCR models, documents are kept and /api/ocr says what to install", async () => {
  await using gateway = await Gateway.start();
  const page = await drawnPage("sans");
  const response = await gateway.fetch("/api/ocr", {
    method: "POST",
    headers: { "Content-Type": "image/png" },
    body: page,
  });
  assert.equal(response.status, 501);
  assert.match((await response.json()).hint, /collider models pull pp-ocrv5/);
  const refused = await post(gateway, "/ingest", { type: "Scan", image_path: "page.png" });
  assert.match((await refused.json()).hint, /--image-root/);
  const kept = await post(gateway, "/ingest", { type: "Scan", image: page.toBase64() });
  assert.equal(kept.status, 200);
});

Deno.test("without a language model, messages get sentiment and intent from their embeddings", async () => {
  await using model = await tinyModelFolder({ dimensions: 1024, pooling: "mean" });
  const { modelPath, tokenizerPath } = model.settings;
  await using gateway = await Gateway.start({
    flags: [
      ...["--embedding-model", modelPath, "--tokenizer-model", tokenizerPath, "--device", "cpu"],
    ],
  });
  const understood = async (event: Record<string, unknown>) => {
    const { id } = await (await post(gateway, "/ingest", { type: "Message", ...event })).json();
    return (await publishedEvent(gateway, id)).stages.at(-1).result;
  };
  // The known texts are embedded beside the start.
  let meaning = await understood({ message: "red car" });
  while (meaning === null) meaning = await understood({ message: "red car" });
  assert.ok(meaning.sentiment >= -1 && meaning.sentiment <= 1);
  assert.ok(meaning.confidence > 0 && meaning.confidence <= 1);
  assert.ok("intent" in meaning);
  assert.equal(await understood({ message: "red car", sentiment: 0.2 }), null);
  assert.equal(await understood({ order: "red car" }), null);
});
