import type { z } from "@hono/zod-openapi";
import { InvalidRequestError } from "./errors.ts";

/** What is wrong with a request that has not the shape it should have: its first wrong member. */
export function invalidRequest({ issues: [issue] }: z.core.$ZodError): InvalidRequestError {
  const path = issue!.path.join(".");
  return new InvalidRequestError(path === "" ? issue!.message : `${path}: ${issue!.message}`);
}
