import assert from "node:assert/strict";
import { ChainEmbedder } from "./chain_embedder.ts";
import type { Embedder } from "./embedder.ts";

function embedderOf(code: number, isBroken: () => boolean): Embedder {
  return {
    name: `embedder ${code}`,
    embed: (texts) => {
      if (isBroken()) return Promise.reject(new Error(`embedder ${code} is broken`));
      return { codes: new Uint8Array(texts.length).fill(code) };
    },
  };
}

Deno.test("ChainEmbedder takes the first that works, batch by batch", async () => {
  let isBroken = false;
  const chain = new ChainEmbedder([embedderOf(1, () => isBroken), embedderOf(3, () => false)]);
  const embed = async () => await chain.embed(["text"], new Float32Array(), [0]);
  const first = { codes: Uint8Array.of(1) };
  assert.equal(chain.name, "embedder 1 or embedder 3");
  assert.deepEqual(await embed(), first);
  isBroken = true;
  assert.deepEqual(await embed(), { codes: Uint8Array.of(3), problem: "embedder 1 is broken" });
  isBroken = false;
  assert.deepEqual(await embed(), first);
});

Deno.test("ChainEmbedder fails as its last one when none works", async () => {
  const chain = new ChainEmbedder([embedderOf(1, () => true), embedderOf(2, () => true)]);
  await assert.rejects(chain.embed(["text"], new Float32Array(), [0]), /embedder 2 is broken/);
});
