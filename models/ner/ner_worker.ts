import { serveModel } from "../worker/serve_model.ts";
import { GlinerModel, type GlinerSettings } from "./gliner_model.ts";
import { InvalidLabelsError } from "./labels.ts";
import type { AboutNer, NerAnswer, NerRequest } from "./ner_client.ts";

serveModel<GlinerSettings, AboutNer, NerRequest, NerAnswer>(async (settings) => {
  const model = await GlinerModel.open(settings);
  const answer = async ({ texts, labels, threshold }: NerRequest): Promise<NerAnswer> => {
    try {
      return { extractions: await model.extract(texts, labels, threshold) };
    } catch (error) {
      if (!(error instanceof InvalidLabelsError)) throw error;
      // Errors lose their class between threads, and whoever asked must know this one.
      return { invalidLabels: error.message, hint: error.hint };
    }
  };
  return { about: { device: model.device }, answer };
});
