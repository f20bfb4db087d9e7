import { join } from "node:path";
import { DEFAULT_CAPACITY_FRAMES, FRAME_BYTES } from "../collider/layout.ts";
import { Ring } from "../collider/ring.ts";
import { SlotWriter } from "../collider/slot_writer.ts";
import { ensureLibrary } from "../ffi/build.ts";
import { compare, type Measurement, perSecond } from "./measurement.ts";
import { alignedLikeSlot, BATCH_FRAMES, publishFrames, testEmbedding } from "./publish_frames.ts";
import type { Workspace } from "./workspace.ts";

const CAPACITY_FRAMES = DEFAULT_CAPACITY_FRAMES;
const ROUNDS = 15;

const FLOOR_SYMBOLS = {
  cs_bench_memcpy_publish: { parameters: ["pointer", "u32", "buffer", "u32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Frames published from TypeScript against frames copied by C, round the same ring. */
export async function measureRing(workspace: Workspace): Promise<Measurement[]> {
  const floorLibrary = await ensureLibrary("bench_floor");
  await ensureLibrary();
  const path = join(workspace.ringDirectory, "ring");
  const ring = workspace.use(await Ring.open({ path, capacity: CAPACITY_FRAMES }));
  const { symbols } = Deno.dlopen(floorLibrary, FLOOR_SYMBOLS);
  const slots = new SlotWriter(ring.mapping.buffer, CAPACITY_FRAMES);
  const embedding = testEmbedding();
  const base = Deno.UnsafePointer.create(ring.mapping.address);
  const frame = alignedLikeSlot(0, FRAME_BYTES);

  const publishLap = () => publishFrames(ring, slots, embedding, CAPACITY_FRAMES);
  const copyLap = () => {
    const startedMs = performance.now();
    symbols.cs_bench_memcpy_publish(base, CAPACITY_FRAMES, frame, CAPACITY_FRAMES);
    return perSecond(CAPACITY_FRAMES, startedMs);
  };

  publishLap(); // touches every page and lets V8 compile
  copyLap();
  return [{
    name: "ring.publish",
    what: `frames with embedding and fields published from TypeScript, ${BATCH_FRAMES} at a time`,
    floorIs: "memcpy in C of as many frames into the same ring",
    ...await compare(publishLap, copyLap, ROUNDS),
    unit: "frames/s",
    target: 0.9,
  }];
}
