import type { AboutEmbedder, EmbedBatch, EmbedResult, EmbedSettings } from "./embed_messages.ts";
import { openEmbedder } from "./open_embedder.ts";
import { SlotEmbedder } from "./slot_embedder.ts";
import { serveModel } from "./worker/serve_model.ts";

serveModel<EmbedSettings, AboutEmbedder, EmbedBatch, EmbedResult>(
  async ({ ring, choices }, lease) => {
    const { embedder, about } = await openEmbedder(choices);
    const slots = new SlotEmbedder(embedder, ring, lease);
    return { about, answer: (batch) => slots.embed(batch) };
  },
);
