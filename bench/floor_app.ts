import { Hono } from "hono";
import { ingestHandler, type IngestPipeline } from "../gateway/api/ingest.ts";
import { Guard } from "../gateway/api/security.ts";
import { formatUuid, UuidV7 } from "../gateway/event/uuid_v7.ts";
import { ImageRoot } from "../gateway/pipeline/image_root.ts";
import { Metrics } from "../gateway/pipeline/metrics.ts";
import { SettingsKeeper } from "../gateway/pipeline/settings.ts";
import { Store } from "../gateway/store/store.ts";

/**
 * The floors of `POST /ingest`: at `/ingest` the gateway's own handler, which does all it does but
 * keep the event; at `/bare` a handler that parses the body and answers in the gateway's shape.
 */
export async function floorApp(): Promise<Hono> {
  const ids = new UuidV7();
  const forgetful: IngestPipeline = {
    metrics: new Metrics(),
    settings: await SettingsKeeper.load(await Store.open({ path: ":memory:" })),
    models: { images: new ImageRoot(null) },
    intake: {
      accept: ({ id, type }) => {
        ids.next(Date.now(), id);
        return Promise.resolve({ id: formatUuid(id), type, duplicate: false });
      },
      acceptBatch: () => Promise.resolve(0),
      roomForBatch: () => Promise.resolve(),
    },
  };
  const app = new Hono();
  app.post(
    "/ingest",
    ingestHandler({
      pipeline: forgetful,
      guard: new Guard({}),
      maxBodyBytes: 16e6,
      stopping: new AbortController().signal,
    }),
  );
  app.post("/bare", async (c) => {
    const { type } = await c.req.json();
    return Response.json({ status: "received", event_type: type, id: crypto.randomUUID() });
  });
  return app;
}
