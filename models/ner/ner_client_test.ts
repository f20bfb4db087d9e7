import assert from "node:assert/strict";
import { ModelUnavailableError, ModelWorkerError } from "../errors.ts";
import { InvalidLabelsError } from "./labels.ts";
import { NerClient } from "./ner_client.ts";

const FIXTURES = new URL("../../tests/fixtures/gliner/", import.meta.url).pathname;

/** Finds nothing, and dies of one text. */
const MORTAL_WORKER = workerUrl(`
  postMessage({ kind: "ready", about: { device: "cpu" } });
  onmessage = ({ data: { id, request } }) => {
    if (request === undefined) return;
    if (request.texts.includes("poison")) throw new Error("out of memory");
    const extractions = request.texts.map(() => ({ entities: [], isTruncated: false }));
    postMessage({ kind: "done", id, result: { extractions } });
  };`);

function workerUrl(script: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}

type Options = Parameters<typeof NerClient.start>[1];

function startClient(options: Options = {}): Promise<NerClient> {
  const settings = {
    modelPath: `${FIXTURES}model.onnx`,
    tokenizerPath: `${FIXTURES}tokenizer.json`,
    configPath: `${FIXTURES}gliner_config.json`,
    device: "cpu",
    threads: 1,
  } as const;
  return NerClient.start(settings, options);
}

Deno.test("NerClient finds entities in a worker", async () => {
  const client = await startClient();
  assert.deepEqual(client.about, { device: "cpu" });
  const text = "Maria da Conceição comprou um carro";
  const [extraction] = await client.extract([text], ["person", " person ", "date"], 0.3);
  assert.ok(extraction!.entities.length > 0);
  for (const { text: found, start, end, label } of extraction!.entities) {
    assert.equal(text.slice(start, end), found);
    assert.ok(["person", "date"].includes(label));
  }
  const [long] = await client.extract([`x${" ".repeat(40_000)}y`], ["person"], 0.3);
  assert.equal(long!.isTruncated, true);
  await client.close();
});

Deno.test("NerClient gives every text its own entities, however many there are", async () => {
  const client = await startClient();
  const texts = Array.from({ length: 60 }, (_, i) => `${i}${" ".repeat(i * 20)}Maria`);
  const together = await client.extract(texts, ["person"], 0);
  assert.equal(together.length, texts.length);
  for (const [i, { entities }] of together.entries()) {
    assert.equal(entities.at(-1)!.end, texts[i]!.length);
  }
  assert.deepEqual(await client.extract([], ["person"], 0), []);
  await client.close();
});

Deno.test("NerClient asks for few long texts at once, so that none waits too long", async () => {
  const script = `onmessage = () => {
    postMessage({ kind: "ready", about: { device: "cpu" } });
    onmessage = ({ data: { id, request: { texts } } }) => {
      const isTruncated = texts.join("").length > 4_096;
      const result = { extractions: texts.map(() => ({ entities: [], isTruncated })) };
      postMessage({ kind: "done", id, result });
    };
  };`;
  const client = await startClient({ workerUrl: workerUrl(script) });
  const long = await client.extract(new Array(9).fill("x".repeat(1_000)), ["person"], 0);
  assert.deepEqual(long, new Array(9).fill({ entities: [], isTruncated: false }));
  await client.close();
});

Deno.test("NerClient waits for a model that is being restarted, and goes on", async () => {
  const client = await startClient({ workerUrl: MORTAL_WORKER, backoffMs: 20 });
  const nothing = { entities: [], isTruncated: false };
  const answers = await Promise.allSettled([
    client.extract(["fine"], ["person"], 0),
    client.extract(["poison"], ["person"], 0),
    client.extract(["waits behind it"], ["person"], 0),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await client.extract(["fine"], ["person"], 0), [nothing]);
    await assert.rejects(client.extract(["poison"], ["person"], 0), ModelWorkerError);
  }
  await client.close();
  await assert.rejects(client.extract(["fine"], ["person"], 0), ModelUnavailableError);
});

Deno.test("NerClient does not wait for a model whose restart is far away", async () => {
  const client = await startClient({ workerUrl: MORTAL_WORKER, backoffMs: 60_000 });
  await assert.rejects(client.extract(["poison"], ["person"], 0), ModelWorkerError);
  await assert.rejects(client.extract(["fine"], ["person"], 0), ModelUnavailableError);
  await client.close();
});

Deno.test("NerClient tells labels that leave no room for a text from other failures", async () => {
  const client = await startClient();
  // Each of these characters is a phrase to the tokenizer's normaliser.
  const labels = ["\ufdfa".repeat(500)];
  await assert.rejects(client.extract(["Maria"], labels, 0.5), (error) => {
    assert.ok(error instanceof InvalidLabelsError);
    assert.match(error.message, /take all of a prompt's 2048 tokens/);
    assert.match(error.hint, /fewer labels/);
    return true;
  });
  assert.equal((await client.extract(["Maria"], ["person"], 0)).length, 1);
  await client.close();
});
