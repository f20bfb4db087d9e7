import assert from "node:assert/strict";
import { ModelStore } from "../models/catalogue/model_store.ts";
import { tinyModelFolder } from "../models/onnx/fixtures.ts";
import { embedderChoices, type EmbedderFlags } from "./embedder_flags.ts";

const FLAGS: EmbedderFlags = {
  embedder: "auto",
  embedBatchTokens: 16_384,
  embedTimeout: 10,
  remoteEmbeddingModel: "text-embedding",
  device: "auto",
  inferenceThreads: 2,
};

async function kindsOf(flags: Partial<EmbedderFlags>): Promise<string[]> {
  const directory = await Deno.makeTempDir();
  try {
    const choices = await embedderChoices({ ...FLAGS, ...flags }, new ModelStore(directory));
    return choices.map(({ kind }) => kind);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("embedderChoices contacts no server that nobody has configured", async () => {
  assert.deepEqual(await kindsOf({}), ["hashing"]);
  const llmBaseUrl = "http://127.0.0.1:1/v1";
  assert.deepEqual(await kindsOf({ llmBaseUrl }), ["remote", "hashing"]);
  assert.deepEqual(await kindsOf({ llmBaseUrl, embedder: "hashing" }), ["hashing"]);
});

Deno.test("embedderChoices begins with the model that is configured", async () => {
  await using model = await tinyModelFolder();
  const { modelPath, tokenizerPath } = model.settings;
  const flags = { embeddingModel: modelPath, tokenizerModel: tokenizerPath };
  assert.deepEqual(await kindsOf(flags), ["onnx", "hashing"]);
  assert.deepEqual(await kindsOf({ ...flags, embedder: "onnx" }), ["onnx"]);
});

Deno.test("embedderChoices says how to get the model that is asked for", async () => {
  await assert.rejects(kindsOf({ embedder: "onnx" }), { hint: /collider models pull bge-m3/ });
});
