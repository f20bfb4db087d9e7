import assert from "node:assert/strict";
import { join } from "node:path";
import { EMBEDDING_DIMENSIONS } from "../../collider/layout.ts";
import { ModelFileError } from "./errors.ts";
import { tinyModelFolder, tokenVector, WORDS } from "./fixtures.ts";
import { OnnxEmbedder } from "./onnx_embedder.ts";

const CLS = WORDS.indexOf("[CLS]");
const SEP = WORDS.indexOf("[SEP]");
const idOf = (word: string) => WORDS.indexOf(word);

function normalised(vector: readonly number[]): number[] {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function sum(vectors: readonly number[][]): number[] {
  return vectors[0]!.map((_, i) => vectors.reduce((total, vector) => total + vector[i]!, 0));
}

function assertClose(actual: Float32Array, expected: readonly number[]): void {
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(actual[i]! - value) < 1e-6, `[${i}] ${actual[i]} instead of ${value}`);
  }
}

/** Embeds texts, each into a place of its own between others. */
async function embed(embedder: OnnxEmbedder, texts: readonly string[]) {
  const floats = new Float32Array((2 * texts.length + 1) * EMBEDDING_DIMENSIONS).fill(7);
  const offsets = texts.map((_, i) => (2 * i + 1) * EMBEDDING_DIMENSIONS);
  const embedded = await embedder.embed(texts, floats, offsets);
  for (let i = 0; i <= texts.length; i++) {
    const gap = floats.subarray(2 * i * EMBEDDING_DIMENSIONS, (2 * i + 1) * EMBEDDING_DIMENSIONS);
    assert.ok(gap.every((value) => value === 7), "it wrote beside the places");
  }
  const vectors = offsets.map((offset) => floats.subarray(offset, offset + EMBEDDING_DIMENSIONS));
  return { ...embedded, vectors };
}

Deno.test("OnnxEmbedder pools the mean of the tokens, padding left out, and normalises it", async () => {
  await using model = await tinyModelFolder({ pooling: "mean", dimensions: 8 });
  const embedder = await OnnxEmbedder.open(model.settings);
  const texts = ["red car", "blue", "green house car red"];
  const { vectors, codes } = await embed(embedder, texts);
  assert.deepEqual(codes, Uint8Array.of(1, 1, 1));
  for (const [i, text] of texts.entries()) {
    const ids = [CLS, ...text.split(" ").map(idOf), SEP];
    assertClose(vectors[i]!, normalised(sum(ids.map((id) => tokenVector(id, 8)))));
    assert.ok(vectors[i]!.subarray(8).every((value) => value === 0));
  }
});

Deno.test("OnnxEmbedder pools the first token where the model's files say so", async () => {
  await using model = await tinyModelFolder({ pooling: "cls", dimensions: 8 });
  const { vectors } = await embed(await OnnxEmbedder.open(model.settings), ["red car"]);
  assertClose(vectors[0]!, normalised(tokenVector(CLS, 8)));
});

Deno.test("OnnxEmbedder gives a text the same vector alone and among others", async () => {
  await using model = await tinyModelFolder({ pooling: "mean", dimensions: EMBEDDING_DIMENSIONS });
  const embedder = await OnnxEmbedder.open(model.settings);
  const texts = ["red car", "", "blue house red green", "house"];
  const together = await embed(embedder, texts);
  for (const [i, text] of texts.entries()) {
    const alone = await embed(embedder, [text]);
    assertClose(together.vectors[i]!, [...alone.vectors[0]!]);
  }
});

Deno.test("OnnxEmbedder has ONNX Runtime write a single vector where it belongs", async () => {
  await using model = await tinyModelFolder({ dimensions: EMBEDDING_DIMENSIONS });
  const embedder = await OnnxEmbedder.open(model.settings);
  const single = await embed(embedder, ["red"]);
  assert.equal(single.zeroCopyVectors, 1);
  assert.ok(single.vectors[0]!.some((value) => value !== 0));
  const several = await embed(embedder, ["red", "blue"]);
  assert.equal(several.zeroCopyVectors, 0);
});

Deno.test("OnnxEmbedder runs no more tokens at once than a processor's caches hold", async () => {
  await using model = await tinyModelFolder({ maxTokens: 1_024 });
  const embedder = await OnnxEmbedder.open({ ...model.settings, batchTokens: 16_384 });
  const ofTokens = (tokens: number) => new Array(tokens - 2).fill("red").join(" ");
  const fitting = await embed(embedder, [ofTokens(512), ofTokens(512)]);
  assert.equal(fitting.zeroCopyVectors, 0, "both run together");
  const larger = await embed(embedder, [ofTokens(513), ofTokens(513)]);
  assert.equal(larger.zeroCopyVectors, 2, "each runs alone");
});

Deno.test("OnnxEmbedder writes nothing where there is no text", async () => {
  await using model = await tinyModelFolder();
  const embedder = await OnnxEmbedder.open(model.settings);
  const { codes, vectors } = await embed(embedder, ["  \n", "red", ""]);
  assert.deepEqual(codes, Uint8Array.of(0, 1, 0));
  assert.ok(vectors[0]!.every((value) => value === 0));
  assert.ok(vectors[2]!.every((value) => value === 0));
});

Deno.test("OnnxEmbedder cuts a text at the model's limit, and says so", async () => {
  await using model = await tinyModelFolder({ pooling: "mean", maxTokens: 4 });
  const embedder = await OnnxEmbedder.open(model.settings);
  const { vectors, notes } = await embed(embedder, ["red blue green car", "red blue"]);
  assertClose(vectors[0]!, [...vectors[1]!]);
  assert.deepEqual([...notes!], [[0, { truncatedTokens: 4 }]]);
});

Deno.test("OnnxEmbedder gives lexical weights where the model does", async () => {
  await using model = await tinyModelFolder({ withSparse: true });
  const embedder = await OnnxEmbedder.open(model.settings);
  const { notes } = await embed(embedder, ["red green red", "house"]);
  for (const [i, words] of [["red", "green"], ["house"]].entries()) {
    const expected = words
      .map((word) => [idOf(word), tokenVector(idOf(word), 1)[0]!] as const)
      .filter(([, weight]) => weight > 0);
    const sparse = notes!.get(i)!.sparse!;
    assert.deepEqual(Object.keys(sparse), expected.map(([id]) => String(id)).sort());
    for (const [id, weight] of expected) assert.ok(Math.abs(sparse[id]! - weight) < 1e-6);
  }
});

Deno.test("OnnxEmbedder puts the pooling into a copy of the model once", async () => {
  await using model = await tinyModelFolder();
  await OnnxEmbedder.open(model.settings);
  const copyPath = join(model.folder, "model.cls.onnx");
  const { mtime } = await Deno.stat(copyPath);
  await OnnxEmbedder.open(model.settings);
  assert.deepEqual((await Deno.stat(copyPath)).mtime, mtime);
  const entries = await Array.fromAsync(Deno.readDir(model.folder));
  const names = entries.map(({ name }) => name);
  assert.ok(names.every((name) => !name.endsWith(".part")), names.join());
});

Deno.test("OnnxEmbedder refuses vectors that don't fit into a frame", async () => {
  await using model = await tinyModelFolder({ dimensions: EMBEDDING_DIMENSIONS + 1 });
  await assert.rejects(OnnxEmbedder.open(model.settings), /1025 dimensions.*room for 1024/);
});

Deno.test("OnnxEmbedder refuses a pooling it does not know", async () => {
  await using model = await tinyModelFolder({ pooling: "max" });
  await assert.rejects(OnnxEmbedder.open(model.settings), ModelFileError);
});

Deno.test("OnnxEmbedder says which file is missing or damaged", async () => {
  await using model = await tinyModelFolder();
  const { settings } = model;
  const open = (change: Partial<typeof settings>) => OnnxEmbedder.open({ ...settings, ...change });
  await assert.rejects(open({ modelPath: "/nowhere.onnx" }), /the model \/nowhere.onnx is missing/);
  await assert.rejects(open({ tokenizerPath: "/nowhere.json" }), /tokenizer \/nowhere.json is mi/);
  const damaged = join(model.folder, "damaged.onnx");
  await Deno.writeFile(damaged, (await Deno.readFile(settings.modelPath)).subarray(0, 100));
  await assert.rejects(open({ modelPath: damaged }), ModelFileError);
});
