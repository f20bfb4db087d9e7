import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ModelError } from "../../models/errors.ts";
import { InvalidLabelsError, LABELS_MAX } from "../../models/ner/labels.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { InvalidRequestError, ModelUnavailableError, NotConfiguredError } from "./errors.ts";
import { jsonRequest } from "./json_request.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";

const MAX_BODY_BYTES = 1 << 20;

const ExtractRequest = z.strictObject({
  text: z.string(),
  labels: z.array(z.string().trim().min(1, "a label is empty"))
    .min(1, "there must be at least one label")
    .max(LABELS_MAX, `there may be ${LABELS_MAX} labels at most`)
    .check(({ value, issues }) => {
      const twice = value.findIndex((label, i) => value.indexOf(label) < i);
      if (twice === -1) return;
      const message = "this label is there twice";
      issues.push({ code: "custom", message, path: [twice], input: value[twice] });
    })
    .optional()
    .openapi({
      description: "What is looked for, each once; what --ner-labels says if absent. Together " +
        "1,000 characters at most.",
    }),
  threshold: z.number().min(0).max(1).optional()
    .openapi({ description: "Lowest score; what --ner-threshold says if absent." }),
}).openapi("ExtractRequest");

const EntityBody = z.object({
  text: z.string(),
  label: z.string(),
  score: z.number().min(0).max(1),
  start: z.int().openapi({ description: "First character, in UTF-16 code units of the text." }),
  end: z.int().openapi({ description: "After the last one." }),
}).openapi("Entity");

/** `POST /api/extract`: entities of a text, without storing anything. */
export function extractRoute(app: OpenAPIHono, { models: { ner } }: Pipeline): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/extract",
    summary: "Find what a text names, for any labels",
    request: { body: { content: { "application/json": { schema: ExtractRequest } } } },
    responses: {
      200: jsonAnswer(
        "The entities in the order of the text.",
        z.object({
          entities: z.array(EntityBody),
          truncated: z.boolean().openapi({
            description: "Whether only the beginning of the text was looked at.",
          }),
        }),
      ),
      501: jsonAnswer("No NER model is installed or configured.", ErrorBody),
      503: jsonAnswer("The model is busy or being restarted.", ErrorBody),
      ...FAILURES,
    },
  });
  app.post("/api/extract", async (c) => {
    const request = await jsonRequest(c.req.raw, ExtractRequest, MAX_BODY_BYTES);
    if (ner === null) {
      throw new NotConfiguredError(
        "there is no NER model",
        "Run `collider models pull gliner-multi-v2.1` and restart, or give --gliner-model.",
      );
    }
    const { text, labels = ner.options.labels, threshold = ner.options.threshold } = request;
    try {
      const [extraction] = await ner.extractor.extract([text], labels, threshold);
      const { entities, isTruncated } = extraction!;
      return c.json({ entities, truncated: isTruncated });
    } catch (error) {
      if (error instanceof InvalidLabelsError) {
        throw new InvalidRequestError(`labels: ${error.message}`, error.hint);
      }
      if (error instanceof ModelError) throw new ModelUnavailableError(error);
      throw error;
    }
  });
}
