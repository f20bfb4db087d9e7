import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { NotFoundError } from "./errors.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";

const SchemaBody = z.object({
  name: z.string(),
  fields: z.array(z.string()),
  sample: z.string().openapi({ description: "The first payload, pretty-printed JSON." }),
  context: z.looseObject({}).nullable().openapi({ description: "JSON-LD @context, if any." }),
}).loose().openapi("Schema");

const NOT_FOUND = jsonAnswer("No event of this type was received.", ErrorBody);

const VOLUME_INTERVAL_S = 60;

const VolumeQuery = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(1_440).default(60),
});

/** `GET /api/schemas`, `GET /api/schemas/{name}` and `GET /api/schemas/{name}/volume`. */
export function schemaRoutes(app: OpenAPIHono, { schemas, store }: Pipeline): void {
  const find = (name: string) => {
    const schema = schemas.registry.get(name);
    if (schema !== undefined) return schema;
    throw new NotFoundError("Schema not found", "See /api/schemas for the types.");
  };

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
      404: NOT_FOUND,
      ...FAILURES,
    },
  });
  app.get("/api/schemas/:name", (c) => c.json(find(c.req.param("name")).toJson()));

  const volume = createRoute({
    method: "get",
    path: "/api/schemas/{name}/volume",
    summary: "How many events of a type came in every minute",
    request: { params: z.object({ name: z.string() }), query: VolumeQuery },
    responses: {
      200: jsonAnswer(
        "The counts, oldest first; the last one is of the minute that is not over yet.",
        z.object({ bucket_seconds: z.int(), counts: z.array(z.int()) }),
      ),
      404: NOT_FOUND,
      ...FAILURES,
    },
  });
  app.openapi(volume, async (c) => {
    const { name } = c.req.valid("param");
    const { minutes } = c.req.valid("query");
    find(name);
    const intervalUs = VOLUME_INTERVAL_S * 1e6;
    const sinceUs = (Math.floor(Date.now() / 60_000) - minutes + 1) * intervalUs;
    const byInterval = await store.countByInterval(name, { sinceUs, intervalUs });
    const counts = Array.from({ length: minutes }, (_, i) => byInterval.get(i) ?? 0);
    return c.json({ bucket_seconds: VOLUME_INTERVAL_S, counts }, 200);
  });
}
