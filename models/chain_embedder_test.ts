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
  const codeOf = async () => (await chain.embed(["text"], new Float32Array(), [0])).codes[0];
  assert.equal(chain.name, "embedder 1 or embedder 3");
  assert.equal(await codeOf(), 1);
  isBroken = true;
  assert.equal(await codeOf(), 3);
  isBroken = false;
  assert.equal(await codeOf(), 1);
});

Deno.test("ChainEmbedder fails as its last one when none works", async () => {
  const chain = new ChainEmbedder([embedderOf(1, () => true), embedderOf(2, () => true)]);
  await assert.rejects(chain.embed(["text"], new Float32Array(), [0]), /embedder 2 is broken/);
});
