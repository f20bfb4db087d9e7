import { join } from "node:path";
import { FRAME_BYTES, FRAMES_OFFSET } from "../collider/layout.ts";
import { Ring } from "../collider/ring.ts";
import { SlotWriter } from "../collider/slot_writer.ts";
import { Guard } from "../gateway/api/security.ts";
import { serve } from "../gateway/api/server.ts";
import { Log } from "../gateway/pipeline/log.ts";
import { Pipeline } from "../gateway/pipeline/pipeline.ts";
import { floorApp } from "./floor_app.ts";
import type { LoadResult } from "./load.ts";
import type { LoadRequest } from "./load_worker.ts";
import { compare, type Measurement, median, perSecond } from "./measurement.ts";
import { alignedLikeSlot, BATCH_FRAMES, publishFrames, testEmbedding } from "./publish_frames.ts";
import type { Workspace } from "./workspace.ts";

/** How long and how much is measured. */
export interface HereOptions {
  /** Of each round of single events. */
  readonly durationMs: number;
  /** Of each NDJSON body. */
  readonly lines: number;
}

const CAPACITY_FRAMES = 20_000;
const CONNECTIONS = 256;
const WARMUP_MS = 500;
const ROUNDS = 3;
const RING_ROUNDS = 9;
const MAX_BODY_BYTES = 16e6;

/**
 * What the program can measure by itself, with no compiler, no Python and no other process: frames
 * into the ring, and events into a gateway in this process, which a thread of it sends.
 */
export async function measureHere(
  workspace: Workspace,
  options: HereOptions,
): Promise<Measurement[]> {
  return [await measureRingHere(workspace), ...await measureIngestHere(workspace, options)];
}

async function measureRingHere(workspace: Workspace): Promise<Measurement> {
  const path = join(workspace.ringDirectory, "ring");
  using ring = await Ring.open({ path, capacity: CAPACITY_FRAMES });
  const slots = new SlotWriter(ring.mapping.buffer, CAPACITY_FRAMES);
  const embedding = testEmbedding();
  const bytes = new Uint8Array(ring.mapping.buffer);
  const frame = alignedLikeSlot(0, FRAME_BYTES);

  const publishLap = () => publishFrames(ring, slots, embedding, CAPACITY_FRAMES);
  const publish = await laps(publishLap);
  // The copies overwrite the ring: it is of no use to readers from here on.
  const copy = await laps(() => {
    const startedMs = performance.now();
    for (let slot = 0; slot < CAPACITY_FRAMES; slot++) {
      bytes.set(frame, FRAMES_OFFSET + slot * FRAME_BYTES);
    }
    return perSecond(CAPACITY_FRAMES, startedMs);
  });
  return {
    name: "ring.publish",
    what: `frames with embedding and fields published, ${BATCH_FRAMES} at a time`,
    floorIs: "copying as many bytes into the same memory",
    value: publish,
    floor: copy,
    unit: "frames/s",
    target: null,
  };
}

/** Median of some laps after one that touches every page and lets V8 compile. */
async function laps(lap: () => number): Promise<number> {
  lap();
  return (await compare(lap, () => 1, RING_ROUNDS)).value;
}

async function measureIngestHere(
  workspace: Workspace,
  { durationMs, lines }: HereOptions,
): Promise<Measurement[]> {
  const pipeline = await Pipeline.start({
    log: new Log({ level: "silent" }),
    store: { path: join(workspace.directory, "bench.db") },
    ring: Ring.open({ path: join(workspace.ringDirectory, "gateway"), capacity: CAPACITY_FRAMES }),
  });
  const address = { hostname: "127.0.0.1", port: 0 };
  const guard = new Guard({});
  const server = serve({ ...address, pipeline, guard, maxBodyBytes: MAX_BODY_BYTES });
  const app = await floorApp();
  const floor = Deno.serve({ ...address, onListen: () => {} }, (request) => app.fetch(request));
  const load = new LoadThread();
  try {
    const url = `http://127.0.0.1:${server.port}/ingest`;
    const floorUrl = `http://127.0.0.1:${floor.addr.port}/ingest`;
    const p99sMs: number[] = [];
    const single = async (url: string) =>
      await load.send<LoadResult>({
        kind: "single",
        options: { url, connections: CONNECTIONS, warmupMs: WARMUP_MS, durationMs },
      });
    const singles = await compare(
      async () => {
        const { requestsPerS, p99Ms } = await single(url);
        p99sMs.push(p99Ms);
        return requestsPerS;
      },
      async () => (await single(floorUrl)).requestsPerS,
      ROUNDS,
    );
    const bodies = await compare(
      () => load.send<number>({ kind: "lines", options: { url, lines } }),
      () => load.send<number>({ kind: "lines", options: { url: floorUrl, lines } }),
      ROUNDS,
    );
    return [{
      name: "ingest.single",
      what: `durable POSTs of one event each on ${CONNECTIONS} keep-alive connections`,
      floorIs: "the same handler, which keeps nothing",
      ...singles,
      unit: "events/s",
      target: null,
      extra: { p99_ms: median(p99sMs) },
    }, {
      name: "ingest.ndjson",
      what: `durable events from one NDJSON body of ${lines.toLocaleString("en-US")} lines`,
      floorIs: "the same handler, which keeps nothing",
      ...bodies,
      unit: "events/s",
      target: null,
    }];
  } finally {
    load.close();
    await floor.shutdown();
    await server.stop();
    await pipeline.stop();
  }
}

/** The load generator's thread, which is sent one request at a time. */
class LoadThread {
  readonly #worker = new Worker(new URL("./load_worker.ts", import.meta.url), { type: "module" });

  send<T>(request: LoadRequest): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`the load generator failed: ${event.message}`));
      };
      this.#worker.postMessage(request);
    });
  }

  close(): void {
    this.#worker.terminate();
  }
}
