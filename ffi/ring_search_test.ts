import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { ensureLibrary } from "./build.ts";
import { RingMapping } from "./seqlock.ts";

const FRAMES_OFFSET = 1_052_672;
const FRAME_BYTES = 4_224;
const DIMENSIONS = 1_024;
const CAPACITY = 64;

interface TestFrame {
  readonly direction: readonly number[];
  readonly timestampUs: number;
  readonly conversation: number;
  readonly intentId: number;
  readonly embedder: number;
}

await ensureLibrary();

async function withRing(test: (ring: RingMapping) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  using ring = await RingMapping.open({ path: join(directory, "ring"), capacity: CAPACITY });
  try {
    await test(ring);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A vector of L2 norm 1 that begins with these numbers. */
function vector(direction: readonly number[]): Float32Array<ArrayBuffer> {
  const norm = Math.hypot(...direction) || 1;
  const values = new Float32Array(DIMENSIONS);
  // At both ends, so that all of it has to be looked at.
  for (const [i, value] of direction.entries()) values[i === 0 ? DIMENSIONS - 1 : i] = value / norm;
  return values;
}

function write(ring: RingMapping, frame: TestFrame): void {
  const id = ring.head;
  ring.begin(id, 1);
  const at = FRAMES_OFFSET + (id % CAPACITY) * FRAME_BYTES;
  new Float32Array(ring.buffer, at + 16, DIMENSIONS).set(vector(frame.direction));
  const view = new DataView(ring.buffer, at, FRAME_BYTES);
  view.setBigInt64(4128, BigInt(frame.timestampUs), true);
  view.setBigUint64(4136, BigInt(frame.conversation), true);
  view.setInt32(4164, frame.intentId, true);
  view.setUint32(4208, frame.embedder, true);
  view.setBigUint64(4192, BigInt(id), true);
  ring.publish(id, 1);
}

function hash(conversation: number): Uint8Array {
  return new Uint8Array(new BigUint64Array([BigInt(conversation)]).buffer);
}

const small = fc.integer({ min: 0, max: 3 });
const frames = fc.array(
  fc.record({
    direction: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 3, maxLength: 3 }),
    timestampUs: small,
    conversation: small,
    intentId: small,
    embedder: small,
  }),
  { minLength: 1, maxLength: 100 },
);
const maybe = fc.option(small, { nil: undefined });
const filters = fc.record({
  sinceUs: maybe,
  untilUs: maybe,
  conversation: maybe,
  intentId: maybe,
  embedder: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
});

Deno.test("search finds what comparing all readable frames finds", async () => {
  await fc.assert(
    fc.asyncProperty(
      frames,
      filters,
      fc.integer({ min: 1, max: 80 }),
      async (frames, { sinceUs, untilUs, conversation, intentId, embedder }, limit) => {
        await withRing(async (ring) => {
          for (const frame of frames) write(ring, frame);
          const query = vector([3, -1, 2]);
          const found = await ring.search(query, limit, {
            ...(sinceUs === undefined ? {} : { sinceUs }),
            ...(untilUs === undefined ? {} : { untilUs }),
            ...(conversation === undefined ? {} : { conversationHash: hash(conversation) }),
            ...(intentId === undefined ? {} : { intentId }),
            ...(embedder === undefined ? {} : { embedder }),
          });
          const cosine = ({ direction }: TestFrame) => {
            const other = vector(direction);
            return query.reduce((sum, value, i) => sum + value * other[i]!, 0);
          };
          const wanted = frames
            .map((frame, frameId) => ({ ...frame, frameId }))
            .slice(-CAPACITY)
            .filter((frame) =>
              frame.timestampUs >= (sinceUs ?? 0) && frame.timestampUs < (untilUs ?? 9) &&
              frame.conversation === (conversation ?? frame.conversation) &&
              frame.intentId === (intentId ?? frame.intentId) &&
              frame.embedder === (embedder ?? frame.embedder)
            );
          assert.equal(found.length, Math.min(limit, wanted.length));
          const expected = wanted.map(cosine).sort((a, b) => b - a).slice(0, limit);
          for (const [i, match] of found.entries()) {
            assert.ok(Math.abs(match.cosine - expected[i]!) < 1e-5);
            const frame = wanted.find(({ frameId }) => frameId === match.frameId)!;
            assert.ok(Math.abs(match.cosine - cosine(frame)) < 1e-5);
            assert.equal(new DataView(match.eventId.slice().buffer).getUint8(0), match.frameId);
          }
        });
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("search leaves out what is being written, and prefers the newest among equals", () =>
  withRing(async (ring) => {
    const frame = { direction: [1], timestampUs: 1, conversation: 1, intentId: 1, embedder: 1 };
    for (let i = 0; i < CAPACITY; i++) write(ring, frame);
    ring.begin(ring.head, 10);
    const found = await ring.search(vector([1]), CAPACITY);
    assert.deepEqual(
      found.map(({ frameId }) => frameId),
      Array.from({ length: CAPACITY - 10 }, (_, i) => CAPACITY - 1 - i),
    );
    assert.deepEqual(await ring.search(vector([1]), 1), found.slice(0, 1));
  }));
