import type { Pipeline } from "../pipeline/pipeline.ts";

/** The metrics as JSON, with the members that clients of the first generation read. */
export async function metricsJson(pipeline: Pipeline) {
  const { metrics, ring, schemas, settings, store } = pipeline;
  const { attempted, succeeded, lastAt } = pipeline.exports.counts;
  return {
    events_ingested: metrics.ingested,
    schemas_learned: schemas.registry.size,
    exports_attempted: attempted,
    exports_succeeded: succeeded,
    exports_failed: attempted - succeeded,
    last_export_at: lastAt,
    pending_exports: await store.exports.countPending(),
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
