import { listRingReaders } from "../../collider/ring_readers.ts";
import { nowUs } from "../pipeline/clock.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";

/** The metrics as JSON, with the members that clients of the first generation read. */
export async function metricsJson(pipeline: Pipeline) {
  const { metrics, ring, schemas, settings, store } = pipeline;
  const { path, generation } = ring.mapping;
  const readers = await listRingReaders(path, generation, nowUs());
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
    events_stored: pipeline.eventsStored,
    uptime_seconds: metrics.uptimeSeconds,
    stages: await metrics.stageTimes(),
    queues: {
      store_queued_events: store.queuedEvents,
      pending_events: pipeline.pendingEvents,
      pending_in_store: pipeline.hasPendingInStore,
    },
    ring: {
      head: ring.mapping.head,
      tail: ring.mapping.tail,
      capacity_frames: ring.mapping.capacity,
      readers: readers.map(({ pid, name, nextFrameId, lapped }) => ({
        pid,
        name,
        next_frame_id: nextFrameId,
        lag_frames: Math.max(0, ring.mapping.head - nextFrameId),
        lapped_frames: lapped,
      })),
    },
    subscribers: pipeline.feeds.size,
    subscribers_dropped: metrics.droppedFromFeeds,
    memory: memoryJson(ring.mapping.sizeBytes),
    embedder: pipeline.models.embedder.about,
    physics: {
      frames_written: ring.framesWritten,
      buffer_head: ring.mapping.head,
      buffer_tail: ring.mapping.tail,
      capacity: ring.mapping.capacity,
    },
  };
}

function memoryJson(ringBytes: number) {
  const { rss, heapUsed } = Deno.memoryUsage();
  return { rss_bytes: rss, heap_used_bytes: heapUsed, ring_bytes: ringBytes };
}
