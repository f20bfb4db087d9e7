import type { Pipeline } from "../pipeline/pipeline.ts";

/** The metrics as JSON, with the members that clients of the first generation read. */
export function metricsJson(pipeline: Pipeline) {
  const { metrics, ring, schemas, settings, store } = pipeline;
  return {
    events_ingested: metrics.ingested,
    schemas_learned: schemas.registry.size,
    exports_attempted: 0,
    exports_succeeded: 0,
    exports_failed: 0,
    last_export_at: null,
    pending_exports: 0,
    webhook_configured: settings.current.webhook_url !== null,
    export_batch_size: settings.current.export_batch_size,
    store: { queued_events: store.queuedEvents },
    physics: {
      frames_written: ring.framesWritten,
      buffer_head: ring.mapping.head,
      buffer_tail: ring.mapping.tail,
      capacity: ring.mapping.capacity,
    },
  };
}
