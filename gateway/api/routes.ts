import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { isRfc3339 } from "../event/rfc3339.ts";
import { parseUuid } from "../event/uuid_v7.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { changeSettings, masked, SettingsChange, SettingsView } from "./config.ts";
import { InvalidRequestError, NotFoundError } from "./errors.ts";
import {
  acceptedMediaType,
  EVENT_MEDIA_TYPES,
  eventJson,
  formatEvents,
  isoTime,
} from "./event_formats.ts";
import { metricsJson } from "./metrics_json.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";
import { readBody } from "./request_body.ts";

const MAX_CONFIG_BYTES = 64 << 10;

const Time = z.string().refine(isRfc3339, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z");
const Uuid = z.string().refine((text) => parseUuid(text) !== null, "must be the id of an event");

const EventsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
  type: z.string().optional(),
  conversation_id: z.string().optional(),
  since: Time.optional().openapi({ description: "Earliest arrival, inclusive." }),
  until: Time.optional().openapi({ description: "Latest arrival, exclusive." }),
  q: z.string().min(1).max(1_000).optional()
    .openapi({ description: "Text that the payload contains, in any case." }),
  cursor: Uuid.optional().openapi({ description: "`next_cursor` of the page before." }),
});

const EventBody = z.object({
  id: z.uuid(),
  type: z.string(),
  received_at: z.iso.datetime(),
  conversation_id: z.string().nullable(),
  frame_id: z.int().nullable(),
  payload: z.string().openapi({ description: "JSON text as it was received." }),
  data: z.looseObject({}).openapi({ description: "The payload as JSON." }),
  attributes: z.looseObject({}).nullable().openapi({ description: "Of a CloudEvent." }),
}).openapi("StoredEvent");

const StageBody = z.object({
  stage: z.string(),
  done_at: z.iso.datetime(),
  frame_id: z.int().nullable(),
  ring_generation: z.string().nullable(),
  result: z.unknown(),
  error: z.string().nullable(),
}).openapi("Stage");

const SchemaBody = z.object({
  name: z.string(),
  fields: z.array(z.string()),
  sample: z.string().openapi({ description: "The first payload, pretty-printed JSON." }),
  context: z.looseObject({}).nullable().openapi({ description: "JSON-LD @context, if any." }),
}).loose().openapi("Schema");

/** `GET /api/events` and `GET /api/events/{id}`. */
export function eventRoutes(app: OpenAPIHono, { store }: Pipeline): void {
  const list = createRoute({
    method: "get",
    path: "/api/events",
    summary: "List events, newest first",
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
    const { limit, type, conversation_id, since, until, q, cursor } = c.req.valid("query");
    const mediaType = acceptedMediaType(c.req.header("accept"));
    const events = await store.listEvents({
      limit,
      type,
      conversationId: conversation_id,
      sinceUs: unixUs(since),
      untilUs: unixUs(until),
      contains: q,
      beforeId: cursor,
    });
    const body = await formatEvents(events, mediaType);
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

/** `GET /api/schemas` and `GET /api/schemas/{name}`. */
export function schemaRoutes(app: OpenAPIHono, { schemas }: Pipeline): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/schemas",
    summary: "What was learned of every event type",
    responses: {
      200: jsonAnswer("The schemas.", z.object({ schemas: z.array(SchemaBody) })),
      ...FAILURES,
    },
  });
  app.get(
    "/api/schemas",
    (c) => c.json({ schemas: schemas.registry.list().map((schema) => schema.toJson()) }),
  );

  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/schemas/{name}",
    summary: "What was learned of one event type",
    request: { params: z.object({ name: z.string() }) },
    responses: {
      200: jsonAnswer("The schema.", SchemaBody),
      404: jsonAnswer("No event of this type was received.", ErrorBody),
      ...FAILURES,
    },
  });
  app.get("/api/schemas/:name", (c) => {
    const schema = schemas.registry.get(c.req.param("name"));
    if (schema === undefined) {
      throw new NotFoundError("Schema not found", "See /api/schemas for the types.");
    }
    return c.json(schema.toJson());
  });
}

/** `GET` and `POST /api/config`. */
export function configRoutes(app: OpenAPIHono, { settings }: Pipeline): void {
  const get = createRoute({
    method: "get",
    path: "/api/config",
    summary: "The settings, secrets masked",
    responses: {
      200: jsonAnswer("The settings.", z.object({ config: SettingsView })),
      ...FAILURES,
    },
  });
  app.openapi(get, (c) => c.json({ config: masked(settings.current) }, 200));

  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/config",
    summary: "Change settings",
    request: { body: { content: { "application/json": { schema: SettingsChange } } } },
    responses: {
      200: jsonAnswer(
        "The settings now.",
        z.object({ status: z.enum(["updated", "unchanged"]), config: SettingsView }),
      ),
      ...FAILURES,
    },
  });
  app.post("/api/config", async (c) => {
    const body = await readBody(c.req.raw, MAX_CONFIG_BYTES);
    const isChanged = await changeSettings(settings, parseConfig(body));
    const status = isChanged ? "updated" : "unchanged";
    return c.json({ status, config: masked(settings.current) });
  });
}

/** `GET /health`, `/ready` and `/metrics`. */
export function watchRoutes(app: OpenAPIHono, pipeline: Pipeline): void {
  const text = (description: string) => ({
    description,
    content: { "text/plain": { schema: z.string() } },
  });
  app.openapi(
    createRoute({
      method: "get",
      path: "/health",
      summary: "Whether the process lives",
      responses: { 200: text("OK") },
    }),
    (c) => c.text("OK", 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/ready",
      summary: "Whether store and ring take writes",
      responses: {
        200: jsonAnswer("They do.", z.object({ status: z.literal("ready") })),
        503: jsonAnswer("What is wrong.", ErrorBody.extend({ problems: z.array(z.string()) })),
      },
    }),
    async (c) => {
      const { ready, problems } = await pipeline.readiness();
      if (ready) return c.json({ status: "ready" as const }, 200);
      return c.json(
        { error: problems.join("; "), code: "not_ready", problems: [...problems] },
        503,
        {
          "Retry-After": "1",
        },
      );
    },
  );
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    summary: "Counters and timings: JSON, or Prometheus text if Accept asks for text/plain",
    responses: {
      200: {
        description: "The metrics.",
        content: {
          "application/json": { schema: z.looseObject({}) },
          "text/plain": { schema: z.string() },
        },
      },
      ...FAILURES,
    },
  });
  app.get("/metrics", async (c) => {
    const { registry } = pipeline.metrics;
    if (!/text\/plain|openmetrics/i.test(c.req.header("accept") ?? "")) {
      return c.json(await metricsJson(pipeline));
    }
    const headers = { "Content-Type": registry.contentType };
    return new Response(await registry.metrics(), { headers });
  });
}

function parseConfig(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new InvalidRequestError("the body is not JSON");
  }
}

function unixUs(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) * 1000;
}
