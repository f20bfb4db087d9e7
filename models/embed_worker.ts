/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { EmbedAnswer, EmbedBatch, EmbedderChoice, EmbedStart } from "./embed_messages.ts";
import type { Embedder } from "./embedder.ts";
import { HashingEmbedder } from "./hashing_embedder.ts";
import { SlotEmbedder } from "./slot_embedder.ts";
import { SlotLease } from "./slot_lease.ts";

self.addEventListener("message", start, { once: true });

function start({ data: { ring, embedder, lease } }: MessageEvent<EmbedStart>): void {
  try {
    const slots = new SlotEmbedder(createEmbedder(embedder), ring, new SlotLease(lease));
    let turn = Promise.resolve();
    self.addEventListener("message", ({ data }: MessageEvent<EmbedBatch>) => {
      turn = turn.then(() => embed(slots, data));
    });
    answer({ kind: "ready" });
  } catch (error) {
    answer({ kind: "not_ready", reason: String(error) });
  }
}

async function embed(slots: SlotEmbedder, batch: EmbedBatch): Promise<void> {
  const { id } = batch;
  try {
    const result = await slots.embed(batch);
    if (result === null) self.close();
    else answer({ kind: "embedded", id, result });
  } catch (error) {
    answer({ kind: "failed", id, reason: String(error) });
  }
}

function createEmbedder(choice: EmbedderChoice): Embedder {
  switch (choice.kind) {
    case "hashing":
      return new HashingEmbedder();
  }
}

function answer(message: EmbedAnswer): void {
  self.postMessage(message);
}
