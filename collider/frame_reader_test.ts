import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureLibrary } from "../ffi/build.ts";
import type { RingMapping } from "../ffi/seqlock.ts";
import { readNewestFrames } from "./frame_reader.ts";
import { type FrameFields, Ring } from "./ring.ts";

await ensureLibrary();

const FIELDS: FrameFields = {
  deltaTime: 0.5,
  durationMs: 3,
  velocity: 0.25,
  interrupt: 1,
  timestampUs: 1_790_000_000_123_456,
  conversationHash: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
  workflowNode: -1,
  caseStatus: 1,
  leadStatus: 2,
  fillRate: 0.75,
  actorType: 3,
  intentId: 4,
  sentiment: -0.25,
  confidence: 0.5,
  eventId: new Uint8Array(16).map((_, i) => i),
};

Deno.test("readNewestFrames gives back what was written, newest first, of the readable frames", async () => {
  const directory = await Deno.makeTempDir();
  try {
    using ring = await Ring.open({ path: join(directory, "ring"), capacity: 4 });
    for (let i = 0; i < 6; i++) {
      const id = ring.reserve(1);
      ring.write(id, { ...FIELDS, velocity: id });
      ring.publish(id, 1);
    }
    const frames = readNewestFrames(ring.mapping, 10);
    assert.deepEqual(frames.map(({ frameId }) => frameId), [5, 4, 3, 2]);
    const { frameId: _, spin, embedder, attractor, attraction, ...fields } = frames[0]!;
    assert.deepEqual(fields, { ...FIELDS, velocity: 5 });
    // Nobody has embedded it.
    assert.deepEqual({ spin, embedder, attractor, attraction }, {
      spin: [0, 0, 0, 0],
      embedder: 0,
      attractor: 0,
      attraction: 0,
    });
    assert.deepEqual(readNewestFrames(ring.mapping, 1).map(({ frameId }) => frameId), [5]);
    ring.reserve(1);
    assert.deepEqual(readNewestFrames(ring.mapping, 10).map(({ frameId }) => frameId), [5, 4, 3]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("readNewestFrames comes to an end whatever other processes have written", async () => {
  const directory = await Deno.makeTempDir();
  try {
    using ring = await Ring.open({ path: join(directory, "ring"), capacity: 4 });
    const { buffer, capacity } = ring.mapping;
    for (const head of [2 ** 53 + 2, 2 ** 64 - 2 ** 12]) {
      for (const tail of [0, head, 2 ** 64]) {
        const mapping = { head, tail, capacity, buffer } as RingMapping;
        assert.deepEqual(readNewestFrames(mapping, 10_000), []);
      }
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
