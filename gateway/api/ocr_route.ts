import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ModelError, ModelFailedError } from "../../models/errors.ts";
import { eventImage } from "../event/event_image.ts";
import { GatewayError } from "../event/errors.ts";
import { mediaType } from "../event/media_type.ts";
import { documentMarkdown } from "../pipeline/ocr_stage.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { InvalidRequestError, ModelUnavailableError, NotConfiguredError } from "./errors.ts";
import { jsonRequest } from "./json_request.ts";
import { fileFromForm, isMultipart } from "./multipart.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";
import { readBody } from "./request_body.ts";

/** The document can't be read. */
class UnreadableError extends GatewayError {
  constructor(cause: ModelFailedError) {
    super(cause.message, {
      status: 422,
      code: "unreadable_document",
      hint: cause.hint,
      cause,
    });
  }
}

const ImageRequest = z.strictObject({
  image: z.string().openapi({ description: "The document in base64, or a data: URL." }),
});

const LineBody = z.object({
  text: z.string(),
  score: z.number(),
  quad: z.array(z.array(z.number())).openapi({
    description: "Corners in pixels, clockwise from where reading begins.",
  }),
}).openapi("TextLine");

const Read = z.object({
  markdown: z.string(),
  pages: z.array(z.object({
    width: z.int(),
    height: z.int(),
    markdown: z.string(),
    lines: z.array(LineBody),
  })),
}).openapi("ReadDocument");

/** `POST /api/ocr`: what stands in a document, without storing anything. */
export function ocrRoute(app: OpenAPIHono, pipeline: Pipeline, maxBodyBytes: number): void {
  const binary = { schema: z.string().openapi({ format: "binary" }) };
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/ocr",
    summary: "Read a document",
    request: {
      body: {
        content: {
          "application/json": { schema: ImageRequest },
          "multipart/form-data": {
            schema: z.object({ image: z.string().openapi({ format: "binary" }) }),
          },
          "image/*": binary,
          "application/pdf": binary,
        },
      },
    },
    responses: {
      200: jsonAnswer("What stands in it.", Read),
      422: jsonAnswer("It can't be read.", ErrorBody),
      501: jsonAnswer("No OCR model is installed or configured.", ErrorBody),
      503: jsonAnswer("The model is busy or being restarted.", ErrorBody),
      ...FAILURES,
    },
  });
  app.post("/api/ocr", async (c) => {
    const document = await documentOf(c.req.raw, maxBodyBytes);
    const { ocr } = pipeline.models;
    if (ocr === null) {
      throw new NotConfiguredError(
        "there is no OCR model",
        "Run `collider models pull pp-ocrv5` and restart, or give --ocr-det-model, " +
          "--ocr-rec-model and --ocr-dictionary.",
      );
    }
    try {
      const pages = await ocr.read(document);
      return c.json({ markdown: documentMarkdown(pages), pages });
    } catch (error) {
      if (error instanceof ModelFailedError) throw new UnreadableError(error);
      if (error instanceof ModelError) throw new ModelUnavailableError(error);
      throw error;
    }
  });
}

async function documentOf(
  request: Request,
  maxBodyBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const type = mediaType(request.headers);
  if (type.startsWith("image/") || type === "application/pdf") {
    return await readBody(request, maxBodyBytes) as Uint8Array<ArrayBuffer>;
  }
  if (isMultipart(type)) {
    const body = await readBody(request, maxBodyBytes);
    return await fileFromForm(body, request.headers.get("Content-Type")!);
  }
  const image = eventImage(await jsonRequest(request, ImageRequest, maxBodyBytes));
  if (image === null) throw new InvalidRequestError("image: must be an image in base64");
  return image;
}
