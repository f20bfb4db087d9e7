import { type RouteConfig, z } from "@hono/zod-openapi";
import { ACTOR_TYPES, CASE_STATUSES, LEAD_STATUSES } from "../../collider/layout.ts";

/** What the OpenAPI document says of the whole API. */
export const OPENAPI_INFO = {
  openapi: "3.1.0",
  info: {
    title: "Collider",
    version: "0.1.0",
    description: "Events in over HTTP, durable in DuckDB, as frames in a shared-memory ring.",
  },
};

/** The body of every failed request. */
export const ErrorBody = z.object({
  error: z.string().openapi({ description: "What is wrong, in words." }),
  code: z.string().openapi({ description: "The same for programs.", example: "invalid_json" }),
  hint: z.string().optional().openapi({ description: "What to do about it." }),
}).openapi("Error");

/** An answer of a route, for its documentation. */
export function jsonAnswer<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { "application/json": { schema } } };
}

/** The failures that every route may have. */
export const FAILURES = {
  400: jsonAnswer("The request is wrong; the error names the member or parameter.", ErrorBody),
  401: jsonAnswer("The token or signature is missing or wrong.", ErrorBody),
} as const;

/** The members of an event that the gateway knows. The ingest path itself checks them by hand. */
const EventBody = z.looseObject({
  type: z.string().max(200).optional(),
  message: z.string().optional(),
  conversation_id: z.union([z.string(), z.int()]).optional(),
  actor: z.enum(ACTOR_TYPES).optional(),
  sentiment: z.number().min(-1).max(1).optional(),
  confidence: z.number().min(0).max(1).optional(),
  workflow_node: z.int().min(-1).optional(),
  case_status: z.enum(CASE_STATUSES).optional(),
  lead_status: z.enum(LEAD_STATUSES).optional(),
  id: z.union([z.string(), z.int()]).optional()
    .openapi({ description: "Idempotency key: the same again is not stored again." }),
}).openapi("Event");

const Received = z.object({
  status: z.literal("received"),
  event_type: z.string(),
  id: z.uuid(),
  duplicate: z.literal(true).optional(),
}).openapi("Received");

const BatchReceived = z.object({
  status: z.literal("received"),
  accepted: z.int(),
  duplicates: z.int(),
  rejected: z.array(z.object({ index: z.int(), error: z.string() })),
  rejected_count: z.int(),
}).openapi("BatchReceived");

/** `POST /ingest` for the document. */
export const ingestPath: RouteConfig = {
  method: "post",
  path: "/ingest",
  summary: "Store events",
  description: "Answers when the events are durable. One bad event of many never loses the others.",
  request: {
    headers: z.object({
      "Idempotency-Key": z.string().max(512).optional(),
      "Content-Encoding": z.enum(["gzip"]).optional(),
    }),
    query: z.object({
      source: z.string().optional()
        .openapi({ description: "Whose Standard Webhooks secret the request is signed with." }),
    }),
    body: {
      required: true,
      content: {
        "application/json": { schema: z.union([EventBody, z.array(EventBody)]) },
        "application/x-ndjson": { schema: z.string() },
        "application/cloudevents+json": { schema: z.looseObject({}) },
        "application/cloudevents-batch+json": { schema: z.array(z.looseObject({})) },
      },
    },
  },
  responses: {
    200: jsonAnswer("The events are durable.", z.union([Received, BatchReceived])),
    ...FAILURES,
    413: jsonAnswer("The body, its depth or its number of members is over a limit.", ErrorBody),
    415: jsonAnswer("The body's type or compression is not supported.", ErrorBody),
    503: jsonAnswer(
      "The store takes no events now, or the gateway is stopping; see Retry-After.",
      ErrorBody,
    ),
  },
};
