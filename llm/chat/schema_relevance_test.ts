import assert from "node:assert/strict";
import { EMBEDDER } from "../../collider/layout.ts";
import { HashingEmbedder } from "../../models/hashing_embedder.ts";
import type { SchemaOutline } from "./chat_parts.ts";
import { SchemaRelevance } from "./schema_relevance.ts";

function schema(name: string, ...fields: string[]): SchemaOutline {
  return { name, fields };
}

/** Embeds by which of some words are in a text, and keeps what it was asked. */
function embedderOf(...topics: RegExp[]) {
  const asked: string[][] = [];
  const embed = (texts: readonly string[]) => {
    asked.push([...texts]);
    return Promise.resolve({
      embedder: EMBEDDER.onnx,
      vectors: texts.map((text) => Float32Array.from(topics, (topic) => Number(topic.test(text)))),
    });
  };
  return { asked, embed };
}

function namesOf(schemas: readonly SchemaOutline[]): string[] {
  return schemas.map(({ name }) => name);
}

const ORDER = schema("OrderPlaced", "total");
const INSURANCE = schema("CarInsuranceRequest", "model", "year");

Deno.test("SchemaRelevance sorts types by meaning, though no word is the same", async () => {
  const { embed } = embedderOf(/insurance|seguro/i, /order|pedido/i);
  const relevance = new SchemaRelevance(embed);
  assert.deepEqual(namesOf(await relevance.sort("quero um seguro", [ORDER, INSURANCE])), [
    "CarInsuranceRequest",
    "OrderPlaced",
  ]);
  assert.deepEqual(namesOf(await relevance.sort("cadê meu pedido", [INSURANCE, ORDER])), [
    "OrderPlaced",
    "CarInsuranceRequest",
  ]);
});

Deno.test("SchemaRelevance embeds a type once, and again when its fields change", async () => {
  const { asked, embed } = embedderOf(/x/);
  const relevance = new SchemaRelevance(embed);
  await relevance.sort("one", [ORDER, INSURANCE]);
  await relevance.sort("two", [ORDER, INSURANCE]);
  await relevance.sort("three", [ORDER, schema("CarInsuranceRequest", "model", "year", "plate")]);
  assert.deepEqual(asked, [
    ["one", "Order Placed: total", "Car Insurance Request: model, year"],
    ["two"],
    ["three", "Car Insurance Request: model, year, plate"],
  ]);
});

Deno.test("SchemaRelevance embeds a bounded number of types for a message, the likeliest first", async () => {
  const { asked, embed } = embedderOf(/refund/i);
  const relevance = new SchemaRelevance(embed);
  const schemas = [
    ...Array.from({ length: 900 }, (_, i) => schema(`Type${i}`)),
    schema("Refund"),
  ];
  const [first] = await relevance.sort("a refund, please", schemas);
  assert.equal(first!.name, "Refund");
  assert.equal(asked[0]!.length, 65);
  await relevance.sort("thanks", schemas);
  assert.equal(asked[1]!.length, 65);
  assert.deepEqual(new Set(asked.flat()).size, 130);
});

Deno.test("SchemaRelevance goes by common words while nothing can be embedded", async () => {
  const relevance = new SchemaRelevance(() => Promise.reject(new Error("restarting")));
  const schemas = [INSURANCE, ORDER, schema("Apolice", "seguro_auto")];
  assert.deepEqual(namesOf(await relevance.sort("where is my order?", schemas)), [
    "OrderPlaced",
    "CarInsuranceRequest",
    "Apolice",
  ]);
});

Deno.test("SchemaRelevance compares only what the same embedder has made", async () => {
  const texts: string[][] = [];
  let isAway = false;
  // Where the first one is away, the second takes its turn: to it, all is the other way round.
  const relevance = new SchemaRelevance((batch) => {
    texts.push([...batch]);
    const order = isAway ? [0, 1] : [1, 0];
    const vectors = batch.map((text) =>
      Float32Array.from(order, (topic) => Number([/insur/i, /order/i][topic]!.test(text)))
    );
    return Promise.resolve({ embedder: isAway ? EMBEDDER.hashing : EMBEDDER.onnx, vectors });
  });
  const first = async () =>
    namesOf(await relevance.sort("what about my order", [INSURANCE, ORDER]))[0];
  assert.equal(await first(), "OrderPlaced");
  isAway = true;
  assert.equal(await first(), "OrderPlaced", "by its word");
  assert.equal(await first(), "OrderPlaced");
  assert.deepEqual(texts.map(({ length }) => length), [3, 1, 3], "those are not embedded anew");
});

Deno.test("SchemaRelevance works with the hashing embedder", async () => {
  const embedder = new HashingEmbedder();
  const relevance = new SchemaRelevance((texts) => {
    const floats = new Float32Array(texts.length * 1024);
    const offsets = texts.map((_, i) => i * 1024);
    embedder.embed(texts, floats, offsets);
    const vectors = offsets.map((at) => floats.subarray(at, at + 1024));
    return Promise.resolve({ embedder: EMBEDDER.hashing, vectors });
  });
  const [first] = await relevance.sort("my car insurances", [ORDER, INSURANCE, schema("Ping")]);
  assert.equal(first!.name, "CarInsuranceRequest");
});
