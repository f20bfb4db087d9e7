import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ModelError } from "../../models/errors.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { SEARCH_MODES, type SearchResult } from "../pipeline/search.ts";
import { ModelUnavailableError } from "./errors.ts";
import { eventJson } from "./event_formats.ts";
import { EventBody, Time, unixUs } from "./event_shapes.ts";
import { jsonRequest } from "./json_request.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";

const MAX_BODY_BYTES = 256 << 10;

const SearchBody = z.strictObject({
  text: z.string().trim().min(1).max(10_000),
  k: z.int().min(1).max(100).default(10).openapi({ description: "Results at most." }),
  mode: z.enum(SEARCH_MODES).default("hybrid").openapi({
    description: "vector = nearest by embedding, among the events whose frames are in the ring; " +
      "text = by words (BM25); hybrid = both, by reciprocal rank fusion.",
  }),
  filter: z.strictObject({
    type: z.string().optional(),
    conversation_id: z.string().optional(),
    since: Time.optional(),
    until: Time.optional(),
  }).default({}),
}).openapi("Search");

const ResultBody = z.object({
  score: z.number(),
  cosine: z.number().nullable(),
  bm25: z.number().nullable(),
  event: EventBody,
}).openapi("SearchResult");

/** `POST /api/search`: events by what they mean and what they say. */
export function searchRoute(app: OpenAPIHono, { search }: Pipeline): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/search",
    summary: "Search events by meaning and by words",
    request: { body: { content: { "application/json": { schema: SearchBody } } } },
    responses: {
      200: jsonAnswer("The events, best first.", z.object({ results: z.array(ResultBody) })),
      422: jsonAnswer("Too many or too large events to be searched by words.", ErrorBody),
      503: jsonAnswer("The embedder gives no answer, or too many searches wait.", ErrorBody),
      ...FAILURES,
    },
  });
  app.post("/api/search", async (c) => {
    const { text, k, mode, filter } = await jsonRequest(c.req.raw, SearchBody, MAX_BODY_BYTES);
    const { type, conversation_id, since, until } = filter;
    const request = {
      text,
      mode,
      limit: k,
      filter: {
        type,
        conversationId: conversation_id,
        sinceUs: unixUs(since),
        untilUs: unixUs(until),
      },
    };
    const results = await search.search(request).catch((error) => {
      throw error instanceof ModelError ? new ModelUnavailableError(error) : error;
    });
    const body = `{"results":[${results.map(resultJson).join(",")}]}`;
    return new Response(body, { headers: { "Content-Type": "application/json" } });
  });
}

function resultJson({ event, ...ranks }: SearchResult): string {
  return `${JSON.stringify(ranks).slice(0, -1)},"event":${eventJson(event)}}`;
}
