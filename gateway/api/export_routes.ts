import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { parseUuid } from "../event/uuid_v7.ts";
import type { WebhookHealth } from "../export/exporter.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { ExportRecord } from "../store/export_store.ts";
import { NotFoundError } from "./errors.ts";
import { isoTime } from "./event_formats.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";

const ExportsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
  state: z.enum(["pending", "delivered", "dead"]).optional(),
});

const ExportBody = z.object({
  id: z.uuid(),
  created_at: z.iso.datetime(),
  state: z.enum(["pending", "delivered", "dead"]).openapi({
    description: "dead = given up; see POST /api/exports/{id}/retry.",
  }),
  event_count: z.int(),
  first_event_id: z.uuid(),
  last_event_id: z.uuid(),
  attempts: z.int(),
  http_status: z.int().nullable().openapi({ description: "Of the last attempt's answer." }),
  error: z.string().nullable(),
  next_at: z.iso.datetime().nullable(),
}).openapi("Export");

const WebhookBody = z.object({
  circuit: z.enum(["closed", "open", "half_open"]).openapi({
    description: "open = left alone for a while, after failures in a row or because it asked for " +
      "it; half_open = the next delivery decides.",
  }),
  failures: z.int().openapi({ description: "Failed deliveries in a row." }),
  open_until: z.iso.datetime().nullable(),
}).nullable().openapi("Webhook", {
  description: "How the webhook has answered lately; null if none is set.",
});

/** `GET /api/exports` and `POST /api/exports/{id}/retry`. */
export function exportRoutes(app: OpenAPIHono, { store, exports }: Pipeline): void {
  const list = createRoute({
    method: "get",
    path: "/api/exports",
    summary: "What was handed on to the webhook, newest first",
    request: { query: ExportsQuery },
    responses: {
      200: jsonAnswer(
        "The exports.",
        z.object({ exports: z.array(ExportBody), webhook: WebhookBody }),
      ),
      ...FAILURES,
    },
  });
  app.openapi(list, async (c) => {
    const { limit, state } = c.req.valid("query");
    const records = await store.exports.list(limit, state);
    const webhook = webhookJson(exports.exporter.health);
    return c.json({ exports: records.map(exportJson), webhook }, 200);
  });

  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/exports/{id}/retry",
    summary: "Deliver an export again",
    request: { params: z.object({ id: z.uuid() }) },
    responses: {
      200: jsonAnswer("It is delivered soon.", z.object({ status: z.literal("pending") })),
      404: jsonAnswer("There is no such export.", ErrorBody),
      409: jsonAnswer("No webhook is set.", ErrorBody),
      ...FAILURES,
    },
  });
  app.post("/api/exports/:id/retry", async (c) => {
    const id = c.req.param("id");
    if (parseUuid(id) === null || !await exports.exporter.retry(id)) {
      throw new NotFoundError("Export not found", "See /api/exports for ids.");
    }
    return c.json({ status: "pending" });
  });
}

function exportJson(record: ExportRecord): z.infer<typeof ExportBody> {
  return {
    id: record.id,
    created_at: isoTime(record.createdUs),
    state: record.state,
    event_count: record.eventCount,
    first_event_id: record.firstEventId,
    last_event_id: record.lastEventId,
    attempts: record.attempts,
    http_status: record.httpStatus,
    error: record.error,
    next_at: record.state === "pending" ? isoTime(record.nextUs) : null,
  };
}

function webhookJson(health: WebhookHealth | null): z.infer<typeof WebhookBody> {
  if (health === null) return null;
  const { circuit, failures, openUntilMs } = health;
  const open_until = openUntilMs === null ? null : new Date(openUntilMs).toISOString();
  return { circuit, failures, open_until };
}
