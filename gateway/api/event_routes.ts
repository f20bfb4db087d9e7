import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { parseUuid } from "../event/uuid_v7.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { InvalidRequestError, NotFoundError } from "./errors.ts";
import { EVENT_MEDIA_TYPES, eventJson, formatEvents, isoTime } from "./event_formats.ts";
import { EventBody, Time, unixUs } from "./event_shapes.ts";
import { acceptedOf, ARROW } from "./media_types.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";
import { arrowBody } from "./query_body.ts";

const Uuid = z.string().refine((text) => parseUuid(text) !== null, "must be the id of an event");

const EventsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
  type: z.string().optional(),
  conversation_id: z.string().optional(),
  since: Time.optional().openapi({ description: "Earliest arrival, inclusive." }),
  until: Time.optional().openapi({ description: "Latest arrival, exclusive." }),
  q: z.string().min(1).max(1_000).optional()
    .openapi({ description: "Text that the payload contains, in any case." }),
  order: z.enum(["desc", "asc"]).default("desc").openapi({ description: "desc = newest first." }),
  cursor: Uuid.optional().openapi({ description: "`next_cursor` of the page before." }),
});

const StageBody = z.object({
  stage: z.string(),
  done_at: z.iso.datetime(),
  frame_id: z.int().nullable(),
  ring_generation: z.string().nullable(),
  result: z.unknown(),
  error: z.string().nullable(),
}).openapi("Stage");

/** `GET /api/events` and `GET /api/events/{id}`. */
export function eventRoutes(app: OpenAPIHono, { store }: Pipeline): void {
  const list = createRoute({
    method: "get",
    path: "/api/events",
    summary: "List events",
    request: { query: EventsQuery },
    responses: {
      200: {
        description: "The events, in the form that Accept names.",
        content: Object.fromEntries(EVENT_MEDIA_TYPES.map((type) => [type, {
          schema: type === "application/json"
            ? z.object({ events: z.array(EventBody), next_cursor: z.uuid().nullable() })
            : z.string(),
        }])),
      },
      ...FAILURES,
    },
  });
  app.openapi(list, async (c) => {
    const { limit, type, conversation_id, since, until, q, order, cursor } = c.req.valid("query");
    const mediaType = acceptedOf(c.req.header("accept"), EVENT_MEDIA_TYPES);
    const filter = {
      limit,
      type,
      conversationId: conversation_id,
      sinceUs: unixUs(since),
      untilUs: unixUs(until),
      contains: q,
      order,
      afterId: cursor,
    };
    const body = mediaType === ARROW
      ? await arrowBody(await store.queryEvents(filter, c.req.raw.signal))
      : formatEvents(await store.listEvents(filter), mediaType);
    return new Response(body, { headers: { "Content-Type": mediaType } });
  });

  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/events/{id}",
    summary: "One event with all that was learned from it",
    request: { params: z.object({ id: Uuid }) },
    responses: {
      200: jsonAnswer("The event.", EventBody.extend({ stages: z.array(StageBody) })),
      404: jsonAnswer("There is no such event.", ErrorBody),
      ...FAILURES,
    },
  });
  app.get("/api/events/:id", async (c) => {
    const id = c.req.param("id");
    if (parseUuid(id) === null) throw new InvalidRequestError("id: must be the id of an event");
    const [event, stages] = await Promise.all([store.getEvent(id), store.listStages(id)]);
    if (event === null) throw new NotFoundError("Event not found", "See /api/events for ids.");
    const stagesJson = stages.map((stage) => ({
      stage: stage.stage,
      done_at: isoTime(stage.doneUs),
      frame_id: stage.frameId,
      // As text: JavaScript would round it.
      ring_generation: stage.ringGeneration?.toString() ?? null,
      result: stage.result === null ? null : JSON.parse(stage.result),
      error: stage.error,
    }));
    const body = `${eventJson(event).slice(0, -1)},"stages":${JSON.stringify(stagesJson)}}`;
    return new Response(body, { headers: { "Content-Type": "application/json" } });
  });
}
