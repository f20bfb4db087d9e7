import { join } from "node:path";
import {
  DEFAULT_CAPACITY_FRAMES,
  EMBEDDING_DIMENSIONS,
  FRAME,
  FRAME_BYTES,
} from "../collider/layout.ts";
import { type FrameFields, Ring } from "../collider/ring.ts";
import { SlotWriter } from "../collider/slot_writer.ts";
import { ensureLibrary } from "../ffi/build.ts";
import { compare, type Measurement, perSecond } from "./measurement.ts";
import type { Workspace } from "./workspace.ts";

const CAPACITY_FRAMES = DEFAULT_CAPACITY_FRAMES;
/** As many as the gateway publishes at once. */
const BATCH_FRAMES = 256;
const ROUNDS = 15;
const CACHE_LINE_BYTES = 64;

const FLOOR_SYMBOLS = {
  cs_bench_memcpy_publish: { parameters: ["pointer", "u32", "buffer", "u32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

const FIELDS: FrameFields = {
  deltaTime: 0.5,
  durationMs: 3,
  velocity: 0.2,
  interrupt: 0,
  timestampUs: 1_790_000_000_000_000,
  conversationHash: new Uint8Array(8).fill(7),
  workflowNode: -1,
  caseStatus: 1,
  leadStatus: 2,
  fillRate: 0.75,
  actorType: 1,
  intentId: 4,
  sentiment: -0.25,
  confidence: 0.9,
  eventId: new Uint8Array(16).fill(9),
};

/** Frames published from TypeScript against frames copied by C, round the same ring. */
export async function measureRing(workspace: Workspace): Promise<Measurement[]> {
  const floorLibrary = await ensureLibrary("bench_floor");
  await ensureLibrary();
  const path = join(workspace.ringDirectory, "ring");
  const ring = workspace.use(Ring.open({ path, capacity: CAPACITY_FRAMES }));
  const { symbols } = Deno.dlopen(floorLibrary, FLOOR_SYMBOLS);
  const slots = new SlotWriter(ring.mapping.buffer, CAPACITY_FRAMES);
  const source = alignedLikeSlot(FRAME.semantic.offset, EMBEDDING_DIMENSIONS * 4);
  const embedding = new Float32Array(source.buffer, source.byteOffset, EMBEDDING_DIMENSIONS)
    .fill(1 / 32);
  const base = Deno.UnsafePointer.create(ring.mapping.address);
  const frame = alignedLikeSlot(0, FRAME_BYTES);

  const publishLap = () => {
    const startedMs = performance.now();
    for (let written = 0; written < CAPACITY_FRAMES; written += BATCH_FRAMES) {
      const count = Math.min(BATCH_FRAMES, CAPACITY_FRAMES - written);
      const first = ring.reserve(count);
      for (let frameId = first; frameId < first + count; frameId++) {
        slots.floats.set(embedding, slots.semanticIndex(frameId));
        ring.write(frameId, FIELDS);
      }
      ring.publish(first, count);
    }
    return perSecond(CAPACITY_FRAMES, startedMs);
  };
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

/**
 * Bytes that lie to the cache lines as `offset` of a slot does, where they are copied to: on some
 * processors the copy takes more than twice as long otherwise. So neither side is left to the
 * chance of where its source was allocated.
 */
function alignedLikeSlot(offset: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes + CACHE_LINE_BYTES);
  const address = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
  const lineAt = CACHE_LINE_BYTES - address % CACHE_LINE_BYTES;
  const start = (lineAt + offset) % CACHE_LINE_BYTES;
  return bytes.subarray(start, start + sizeBytes);
}
