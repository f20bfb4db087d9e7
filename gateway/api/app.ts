import { OpenAPIHono } from "@hono/zod-openapi";
import { type ErrorHandler, Hono } from "hono";
import type { RouterRoute } from "hono/types";
import { GatewayError } from "../event/errors.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { chatRoute } from "./chat_route.ts";
import { configRoutes } from "./config_routes.ts";
import { docsPage } from "./docs_page.ts";
import { errorResponse, explainStop } from "./error_response.ts";
import { eventRoutes } from "./event_routes.ts";
import { exportRoutes } from "./export_routes.ts";
import { extractRoute } from "./extract_route.ts";
import { frameRoute } from "./frame_route.ts";
import { MethodNotAllowedError, NotFoundError } from "./errors.ts";
import { invalidRequest } from "./invalid_request.ts";
import { ingestHandler } from "./ingest.ts";
import { liveRoutes } from "./live_routes.ts";
import { ocrRoute } from "./ocr_route.ts";
import { ingestPath, OPENAPI_INFO } from "./openapi.ts";
import { queryRoute } from "./query_route.ts";
import { schemaRoutes } from "./schema_routes.ts";
import { searchRoute } from "./search_route.ts";
import type { Guard } from "./security.ts";
import { watchRoutes } from "./watch_routes.ts";

/** How the API behaves. */
export interface AppOptions {
  readonly pipeline: Pipeline;
  readonly guard: Guard;
  /** Largest body of a request, and largest line of an NDJSON body. */
  readonly maxBodyBytes: number;
  /** Aborted when the gateway stops: what clients are still sending is not taken in any more. */
  readonly stopping: AbortSignal;
}

/**
 * What needs the token. `/health` and `/ready` don't: whoever watches the process has none. `/ingest`
 * asks for it itself, because a signature may stand for it.
 */
const PROTECTED_PATHS = ["/api/*", "/ws", "/metrics", "/openapi.json", "/docs"];

/** The gateway's HTTP API. */
export function createApp(options: AppOptions): Hono {
  const { pipeline, guard } = options;
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });

  for (const path of PROTECTED_PATHS) {
    app.use(path, async (c, next) => {
      guard.refuseOtherSites(c.req.raw);
      guard.requireToken(c.req.raw);
      await next();
    });
  }
  // Before /api/events/{id}, which would take "stream" for an id.
  liveRoutes(app, pipeline);
  eventRoutes(app, pipeline);
  queryRoute(app, pipeline);
  searchRoute(app, pipeline);
  schemaRoutes(app, pipeline);
  configRoutes(app, pipeline);
  frameRoute(app, pipeline);
  watchRoutes(app, pipeline);
  chatRoute(app, pipeline);
  exportRoutes(app, pipeline);
  extractRoute(app, pipeline);
  ocrRoute(app, pipeline, options.maxBodyBytes);
  app.openAPIRegistry.registerPath(ingestPath);
  // Made when somebody asks for it: it would take a tenth of the time that the start takes.
  let document: ReturnType<typeof app.getOpenAPI31Document> | null = null;
  const describe = () => document ??= app.getOpenAPI31Document(OPENAPI_INFO);
  app.get("/openapi.json", (c) => c.json(describe()));
  app.get("/docs", (c) => c.html(docsPage(describe())));

  app.notFound((c) => {
    const { method, path } = c.req;
    const allowed = methodsOf([...ingestion.routes, ...app.routes], path);
    return errorResponse(
      allowed.length > 0
        ? new MethodNotAllowedError(method, path, allowed)
        : new NotFoundError(`nothing is at ${path}`, "See /docs for what there is."),
    );
  });
  const answerError: ErrorHandler = (error, c) => {
    if (!(error instanceof GatewayError)) {
      pipeline.log.error("a request failed", { path: c.req.path, error: error.stack ?? "" });
    }
    return errorResponse(explainStop(error, options.stopping));
  };
  app.onError(answerError);

  // Hono's quickest router can't have the API's paths, where a word may stand in an id's place. Events
  // come by the thousand: their path has a router of its own, and one handler, which is called
  // directly.
  const ingestion = new Hono();
  ingestion.post("/ingest", ingestHandler(options));
  ingestion.onError(answerError);
  ingestion.notFound((c) => app.fetch(c.req.raw));
  return ingestion;
}

/** The methods that a path has. */
function methodsOf(routes: readonly RouterRoute[], path: string): string[] {
  const methods = routes
    .filter(({ method }) => method !== "ALL")
    .filter((route) =>
      new RegExp(`^${route.path.replaceAll(/:[^/]+/g, "[^/]+").replaceAll(".", "\\.")}$`).test(path)
    )
    .map(({ method }) => method);
  return [...new Set(methods)];
}
