import assert from "node:assert/strict";
import fc from "fast-check";
import { conversationHash, DEFAULT_CONVERSATION } from "./conversation_hash.ts";

Deno.test("conversationHash begins like the SHA-256 of FIPS 180-4's example", () => {
  assert.equal(conversationHash("abc").toHex(), "ba7816bf8f01cfea");
});

Deno.test("conversationHash of no conversation is that of default_channel", () => {
  assert.equal(conversationHash(DEFAULT_CONVERSATION).toHex(), "7949403e6ecc093e");
});

Deno.test("conversationHash is the first 8 bytes of the SHA-256 of the id's UTF-8", async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: "grapheme" }), async (id) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id));
    assert.deepEqual(conversationHash(id), new Uint8Array(digest, 0, 8).slice());
  }));
});
