import { z } from "@hono/zod-openapi";
import { isRfc3339, rfc3339Us } from "../event/rfc3339.ts";

/** A point in time in a request. */
export const Time = z.string().refine(
  isRfc3339,
  "must be an RFC 3339 time such as 2026-01-31T12:00:00Z",
);

/** An event in an answer. */
export const EventBody = z.object({
  id: z.uuid(),
  type: z.string(),
  received_at: z.iso.datetime(),
  conversation_id: z.string().nullable(),
  frame_id: z.int().nullable(),
  payload: z.string().openapi({ description: "JSON text as it was received." }),
  data: z.looseObject({}).openapi({ description: "The payload as JSON." }),
  attributes: z.looseObject({}).nullable().openapi({ description: "Of a CloudEvent." }),
}).openapi("StoredEvent");

/** A {@linkcode Time} in Unix µs, rounded up. */
export function unixUs(time: string | undefined): number | undefined {
  return time === undefined ? undefined : rfc3339Us(time)!;
}
