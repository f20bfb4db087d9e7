import type { z } from "@hono/zod-openapi";
import { parseJson } from "../event/strict_json.ts";
import { UnsupportedMediaTypeError } from "./errors.ts";
import { invalidRequest } from "./invalid_request.ts";
import { mediaType } from "../event/media_type.ts";
import { readBody } from "./request_body.ts";

/**
 * Reads a request's body as JSON of a given shape.
 *
 * @throws {InvalidRequestError} naming the member that is wrong
 * @throws {UnsupportedMediaTypeError} if it does not say that it is JSON
 * @throws what `readBody` and `parseJson` throw
 */
export async function jsonRequest<T>(
  request: Request,
  schema: z.ZodType<T>,
  maxBytes: number,
): Promise<T> {
  const type = mediaType(request.headers);
  if (type !== "application/json") {
    throw new UnsupportedMediaTypeError(
      type === "" ? "the request has no Content-Type" : `Content-Type ${type} is not supported`,
      "Send Content-Type: application/json.",
    );
  }
  const parsed = schema.safeParse(parseJson(await readBody(request, maxBytes)));
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error);
}
