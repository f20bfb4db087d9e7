import { type EmbedderCode, EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import type { AboutEmbedder, EmbedAnswer, EmbedRequest, EmbedSettings } from "./embed_messages.ts";
import { openEmbedder } from "./open_embedder.ts";
import { SlotEmbedder } from "./slot_embedder.ts";
import { serveModel } from "./worker/serve_model.ts";

serveModel<EmbedSettings, AboutEmbedder, EmbedRequest, EmbedAnswer>(
  async ({ ring, choices }, lease) => {
    const { embedder, about } = await openEmbedder(choices);
    const slots = new SlotEmbedder(embedder, ring, lease);
    return {
      about,
      answer: async (request) => {
        if ("firstFrameId" in request) return await slots.embed(request);
        const { texts } = request;
        const floats = new Float32Array(texts.length * EMBEDDING_DIMENSIONS);
        const offsets = texts.map((_, i) => i * EMBEDDING_DIMENSIONS);
        const { codes } = await embedder.embed(texts, floats, offsets);
        return { embedder: Math.max(0, ...codes) as EmbedderCode, floats };
      },
    };
  },
);
