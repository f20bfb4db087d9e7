import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { changeSettings, masked, SettingsChange, SettingsView } from "./config.ts";
import { jsonRequest } from "./json_request.ts";
import { FAILURES, jsonAnswer } from "./openapi.ts";

const MAX_CONFIG_BYTES = 64 << 10;

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
    const values = await jsonRequest(c.req.raw, SettingsChange.strict(), MAX_CONFIG_BYTES);
    const isChanged = await changeSettings(settings, values);
    const status = isChanged ? "updated" : "unchanged";
    return c.json({ status, config: masked(settings.current) });
  });
}
