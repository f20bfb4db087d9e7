import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { metricsJson } from "./metrics_json.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";

const LogsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0)
    .openapi({ description: "Only lines with a greater `seq`." }),
  limit: z.coerce.number().int().min(1).max(2_000).default(500),
});

const LogLineBody = z.object({
  seq: z.int(),
  time: z.string(),
  level: z.string(),
  message: z.string(),
  fields: z.looseObject({}),
}).openapi("LogLine");

/** `GET /health`, `/ready`, `/metrics` and `/api/logs`. */
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

  const logs = createRoute({
    method: "get",
    path: "/api/logs",
    summary: "The newest lines of the log",
    request: { query: LogsQuery },
    responses: {
      200: jsonAnswer(
        "The lines, oldest first.",
        z.object({ lines: z.array(LogLineBody), last_seq: z.int() }),
      ),
      ...FAILURES,
    },
  });
  app.openapi(logs, (c) => {
    const { after, limit } = c.req.valid("query");
    const { log } = pipeline;
    return c.json({ lines: log.linesAfter(after, limit), last_seq: log.lastSeq }, 200);
  });
}
