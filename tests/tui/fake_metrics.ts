import type { Metrics, StageTimes } from "../../tui/client/answers.ts";

/** Readings that differ; then they stay as they are, so that screens do, too. */
export const READINGS = 120;
/** Frames that the ring holds. */
export const CAPACITY_FRAMES = 100_000;

const READING_S = 0.25;
const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, null];

/**
 * The metrics at a reading of {@linkcode READINGS}, the same in every run.
 *
 * @param events there are at the last one
 */
export function fakeMetrics(reading: number, events: number): Metrics {
  const done = events - ingestedFrom(reading);
  return {
    uptime_seconds: 86_400 + reading * READING_S,
    events_ingested: done,
    events_stored: events,
    schemas_learned: 6,
    exports_attempted: 40,
    exports_failed: 1,
    pending_exports: 230,
    webhook_configured: true,
    subscribers: 2,
    subscribers_dropped: 0,
    stages: {
      ingest: stageTimes(done, 0.3),
      commit: stageTimes(done / 40, 0.5),
      ner: stageTimes(done / 32, 0.7),
      embed: stageTimes(done / 32, 0.6),
      publish: stageTimes(done, 0.65),
    },
    queues: {
      store_queued_events: wave(reading, 900),
      pending_events: wave(reading + 9, 5_200),
      pending_in_store: false,
    },
    ring: {
      head: done,
      tail: Math.max(0, done - CAPACITY_FRAMES),
      capacity_frames: CAPACITY_FRAMES,
      readers: [
        { pid: 4242, name: "train.py", next_frame_id: done, lag_frames: 0 },
        { pid: 5151, name: "replay.py", next_frame_id: done - 41_500, lag_frames: 41_500 },
      ],
    },
    memory: {
      rss_bytes: 4e8 + 4e5 * reading,
      heap_used_bytes: 58e6,
      ring_bytes: 423_452_672,
    },
    embedder: { names: ["bge-m3"], device: "cpu" },
  };
}

/** A whole number that goes up and down from reading to reading. */
export function wave(reading: number, max: number): number {
  return Math.round(max * (0.55 + 0.3 * Math.sin(reading / 9) + 0.15 * Math.sin(reading / 2.3)));
}

/** Events that come from a reading until the last one. */
function ingestedFrom(reading: number): number {
  let events = 0;
  for (let i = reading; i < READINGS; i++) events += wave(i, 2_600);
  return events;
}

/** Most of what went through a stage took about the bound of a share of the buckets. */
function stageTimes(events: number, slowness: number): StageTimes {
  const total = Math.round(events);
  const middle = slowness * BUCKETS_S.length;
  const share = (i: number) =>
    i === BUCKETS_S.length - 1 ? 1 : 1 / (1 + Math.exp(2 * (middle - i)));
  return {
    count: total,
    sum_seconds: total * 0.01,
    buckets: BUCKETS_S.map((bound, i) => [bound, Math.round(total * share(i))] as const),
  };
}
