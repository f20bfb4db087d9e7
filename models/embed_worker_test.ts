import assert from "node:assert/strict";
import { join } from "node:path";
import { EMBEDDER, EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { SlotWriter } from "../collider/slot_writer.ts";
import { ensureLibrary } from "../ffi/build.ts";
import { RingMapping } from "../ffi/seqlock.ts";
import { EmbedClient } from "./embed_client.ts";
import { ModelBusyError, ModelUnavailableError } from "./errors.ts";
import { HashingEmbedder } from "./hashing_embedder.ts";
import { tinyModelFolder } from "./onnx/fixtures.ts";

const CAPACITY = 256;

await ensureLibrary();

/** A ring in a directory of its own, removed with it. */
async function temporaryRing() {
  const directory = await Deno.makeTempDir();
  const ring = await RingMapping.open({ path: join(directory, "ring"), capacity: CAPACITY });
  return {
    ring,
    async [Symbol.asyncDispose]() {
      ring.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test("The embed worker writes embeddings into the ring that this thread has mapped", async () => {
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  const client = await EmbedClient.start({ ring });
  const texts = Array.from({ length: CAPACITY }, (_, i) => i % 10 === 9 ? "" : `Nachricht ${i} 👍`);
  ring.begin(0, CAPACITY);
  const { codes, boosts, durationMs } = await client.embed(0, texts);
  ring.publish(0, CAPACITY);
  await client.close();

  const slots = new SlotWriter(ring.buffer, CAPACITY);
  const embedder = new HashingEmbedder();
  const expected = new Float32Array(EMBEDDING_DIMENSIONS);
  for (const [frameId, text] of texts.entries()) {
    const at = slots.semanticIndex(frameId);
    const isEmbedded = embedder.embedInto(text, expected, 0);
    assert.deepEqual(slots.floats.subarray(at, at + EMBEDDING_DIMENSIONS), expected);
    assert.equal(codes[frameId], isEmbedded ? 3 : 0);
  }
  assert.deepEqual(boosts, new Float32Array(CAPACITY));
  assert.ok(durationMs >= 0);
});

Deno.test("The embed worker answers batches in their order", async () => {
  await using temporary = await temporaryRing();
  const client = await EmbedClient.start({ ring: temporary.ring });
  const answered: number[] = [];
  await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    await client.embed(i, [`text ${i}`]);
    answered.push(i);
  }));
  assert.deepEqual(answered, Array.from({ length: 50 }, (_, i) => i));
  await client.close();
});

Deno.test("The embed worker has room for batches, however many ask for vectors", async () => {
  await using temporary = await temporaryRing();
  const client = await EmbedClient.start({ ring: temporary.ring });
  const asked = Promise.allSettled(Array.from({ length: 100 }, () => client.vectors(["text"])));
  await client.embed(0, ["text"]);
  const refused = (await asked).filter(({ status }) => status === "rejected");
  assert.ok(refused.length > 0 && refused.length < 100);
  for (const { reason } of refused as PromiseRejectedResult[]) {
    assert.ok(reason instanceof ModelBusyError, reason);
  }
  await client.vectors(["text"]);
  await client.close();
});

Deno.test("The embed worker keeps nothing of what it embedded", async () => {
  await using temporary = await temporaryRing();
  const client = await EmbedClient.start({ ring: temporary.ring });
  const embed = async (batches: number) => {
    for (let batch = 0; batch < batches; batch++) {
      const texts = Array.from({ length: CAPACITY }, (_, i) => `text ${i} of batch ${batch}`);
      await client.embed(batch * CAPACITY, texts);
    }
  };
  await embed(40);
  const beforeBytes = Deno.memoryUsage().rss;
  await embed(400);
  const grownBytes = Deno.memoryUsage().rss - beforeBytes;
  await client.close();
  // Other tests, which run in this process too, take some as well.
  assert.ok(grownBytes < 200e6, `grown by ${grownBytes} bytes; 420 MB were written`);
});

Deno.test("The embed worker tells a server that is not there from texts that are refused", async () => {
  await using temporary = await temporaryRing();
  const nobody = { baseUrl: "http://127.0.0.1:1/v1", model: "tiny", timeoutMs: 5_000 };
  const client = await EmbedClient.start({
    ring: temporary.ring,
    choices: [{ kind: "remote", ...nobody }],
  });
  await assert.rejects(client.embed(0, ["text"]), (error) => {
    assert.ok(error instanceof ModelUnavailableError);
    assert.match(error.message, /^the embedding server failed: no server can be reached/);
    return true;
  });
  await client.close();
});

Deno.test("The embed worker says why it can't work", async () => {
  const ring = { address: 0n, sizeBytes: 0, capacity: CAPACITY };
  await assert.rejects(EmbedClient.start({ ring }), /address 0/);
});

Deno.test("The embed worker has an ONNX model write a single embedding into its slot", async () => {
  await using model = await tinyModelFolder({ dimensions: EMBEDDING_DIMENSIONS, pooling: "mean" });
  await using temporary = await temporaryRing();
  const { ring } = temporary;
  const choices = [{ kind: "onnx", ...model.settings }] as const;
  const client = await EmbedClient.start({ ring, choices });
  assert.deepEqual(client.about, { names: ["model.onnx"], device: "cpu", problems: [] });
  ring.begin(0, 3);
  const single = await client.embed(0, ["red car"]);
  assert.equal(single.zeroCopyVectors, 1);
  const pair = await client.embed(1, ["red car", "blue house"]);
  assert.equal(pair.zeroCopyVectors, 0);
  ring.publish(0, 3);
  await client.close();

  const slots = new SlotWriter(ring.buffer, CAPACITY);
  const vectorOf = (frameId: number) => {
    const at = slots.semanticIndex(frameId);
    return slots.floats.subarray(at, at + EMBEDDING_DIMENSIONS);
  };
  assert.ok(Math.abs(Math.hypot(...vectorOf(0)) - 1) < 1e-5);
  assert.deepEqual(vectorOf(1), vectorOf(0));
  assert.notDeepEqual(vectorOf(2), vectorOf(0));
});

Deno.test("The embed worker goes on with the next embedder where one can't be made", async () => {
  await using temporary = await temporaryRing();
  const missing = {
    kind: "onnx",
    modelPath: "/nowhere/model.onnx",
    tokenizerPath: "/nowhere/tokenizer.json",
    device: "cpu",
    threads: 1,
    batchTokens: 64,
  } as const;
  const client = await EmbedClient.start({
    ring: temporary.ring,
    choices: [missing, { kind: "hashing" }],
  });
  assert.deepEqual(client.about.names, ["hashing-1"]);
  assert.match(client.about.problems.join(), /tokenizer.json is missing/);
  await client.close();
  const alone = EmbedClient.start({ ring: temporary.ring, choices: [missing] });
  await assert.rejects(alone, { name: "ModelWorkerError", hint: /--tokenizer-model/ });
});

Deno.test("The embed worker gives the vectors of texts that belong to no frame", async () => {
  await using temporary = await temporaryRing();
  const client = await EmbedClient.start({ ring: temporary.ring });
  const { embedder, vectors: [first, none] } = await client.vectors(["some text", " "]);
  assert.equal(embedder, EMBEDDER.hashing);
  const expected = new Float32Array(EMBEDDING_DIMENSIONS);
  new HashingEmbedder().embedInto("some text", expected, 0);
  assert.deepEqual(first, expected);
  assert.ok(none!.every((value) => value === 0));
  assert.equal((await client.vectors([" "])).embedder, EMBEDDER.none);
  await client.close();
});
