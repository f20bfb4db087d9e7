import { serveModel } from "../worker/serve_model.ts";
import { GlinerModel, type GlinerSettings } from "./gliner_model.ts";
import type { AboutNer, NerRequest } from "./ner_client.ts";
import type { Extraction } from "./entity.ts";

serveModel<GlinerSettings, AboutNer, NerRequest, Extraction[]>(async (settings) => {
  const model = await GlinerModel.open(settings);
  return {
    about: { device: model.device },
    answer: ({ texts, labels, threshold }) => model.extract(texts, labels, threshold),
  };
});
