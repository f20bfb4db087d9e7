import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { ensureLibrary } from "./build.ts";
import {
  RingClosedError,
  RingFormatError,
  RingLibraryError,
  RingLockedError,
  RingPathError,
  RingSpaceError,
} from "./errors.ts";
import { attachRing, RingMapping } from "./seqlock.ts";

const CONTROL_OFFSET = 4_096;
const ATTRACTOR_BYTES = 4_192;
const FRAMES_OFFSET = 1_052_672;
const FRAME_BYTES = 4_224;
const CAPACITY = 4;
const NEVER_VALID = 2n ** 64n - 1n;

await ensureLibrary();

/** A ring in a directory of its own, removed with it. */
async function temporaryRing(capacity = CAPACITY) {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "ring");
  const ring = await RingMapping.open({ path, capacity });
  return {
    path,
    ring,
    header: new DataView(ring.buffer),
    async [Symbol.asyncDispose]() {
      ring.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function slotOf(ring: RingMapping, slot: number) {
  const view = new DataView(ring.buffer, FRAMES_OFFSET + slot * FRAME_BYTES, FRAME_BYTES);
  return { sequence: view.getBigUint64(0, true), frameId: view.getBigUint64(8, true) };
}

function publishOne(ring: RingMapping): void {
  const id = ring.head;
  ring.begin(id, 1);
  ring.publish(id, 1);
}

Deno.test("RingMapping creates a ring in wire format version 2", async () => {
  await using file = await temporaryRing();
  const { ring, header } = file;
  const { size, mode } = await Deno.stat(file.path);

  assert.equal(ring.created, true);
  assert.equal(ring.recoveredSlots, 0);
  assert.equal(size, FRAMES_OFFSET + CAPACITY * FRAME_BYTES);
  assert.equal(ring.sizeBytes, size);
  assert.equal(ring.buffer.byteLength, size);
  if (Deno.build.os !== "windows") assert.equal((mode ?? 0) & 0o777, 0o600);
  assert.equal(header.getBigUint64(0, true), 0xCAFEBABEn);
  assert.equal(header.getUint32(8, true), 2);
  assert.equal(header.getUint32(12, true), FRAME_BYTES);
  assert.equal(header.getBigUint64(16, true), BigInt(CAPACITY));
  assert.equal(header.getBigUint64(24, true), 0n);
  assert.equal(header.getBigUint64(32, true), 0n);
  assert.equal(header.getBigInt64(40, true), 0n);
  assert.equal(header.getBigUint64(48, true), ring.generation);
  assert.notEqual(ring.generation, 0n);
  assert.equal(header.getFloat32(CONTROL_OFFSET, true), 1);
  assert.equal(header.getFloat32(CONTROL_OFFSET + 4, true), Math.fround(0.1));
});

Deno.test("RingMapping.check finds room for a ring, and leaves none behind", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const place = RingMapping.check({ path: join(directory, "ring"), capacity: CAPACITY });
    assert.equal(place.exists, false);
    assert.equal(place.sizeBytes, FRAMES_OFFSET + CAPACITY * FRAME_BYTES);
    assert.ok(place.availableBytes > place.sizeBytes);
    assert.throws(
      () => RingMapping.check({ path: join(directory, "ring"), capacity: 2 ** 31 }),
      RingSpaceError,
    );
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory)), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("RingMapping.check refuses what open refuses, and leaves a ring as it is", async () => {
  await using file = await temporaryRing();
  const { path, ring } = file;
  assert.throws(() => RingMapping.check({ path, capacity: CAPACITY }), RingLockedError);
  ring.close();
  const before = await Deno.readFile(path);
  assert.equal(RingMapping.check({ path, capacity: CAPACITY }).exists, true);
  assert.throws(() => RingMapping.check({ path, capacity: CAPACITY + 1 }), RingFormatError);
  assert.deepEqual(await Deno.readFile(path), before);
  assert.throws(() => RingMapping.check({ path: "/nowhere/ring", capacity: 1 }), RingPathError);
});

Deno.test("RingMapping reopens a ring where it stood", async () => {
  await using file = await temporaryRing();
  for (let i = 0; i < CAPACITY + 2; i++) publishOne(file.ring);
  file.ring.close();

  using reopened = await RingMapping.open({ path: file.path, capacity: CAPACITY });
  assert.equal(reopened.created, false);
  assert.equal(reopened.generation, file.ring.generation);
  assert.equal(reopened.head, CAPACITY + 2);
  assert.equal(reopened.tail, 2);
  assert.equal(reopened.recoveredSlots, 0);
});

Deno.test("RingMapping.open with reset starts a new generation at frame 0", async () => {
  await using file = await temporaryRing();
  publishOne(file.ring);
  file.ring.close();

  using recreated = await RingMapping.open({
    path: file.path,
    capacity: CAPACITY * 2,
    reset: true,
  });
  assert.equal(recreated.created, true);
  assert.notEqual(recreated.generation, file.ring.generation);
  assert.equal(recreated.head, 0);
});

Deno.test("RingMapping takes a slot from readers before it is written and returns it after", async () => {
  await using file = await temporaryRing();
  const { ring } = file;
  for (let i = 0; i < CAPACITY; i++) publishOne(ring);

  ring.begin(CAPACITY, 2);
  assert.equal(ring.tail, 2);
  assert.equal(ring.head, CAPACITY);
  assert.deepEqual(slotOf(ring, 1), { sequence: 3n, frameId: BigInt(CAPACITY + 1) });

  ring.publish(CAPACITY, 2);
  assert.equal(ring.head, CAPACITY + 2);
  assert.deepEqual(slotOf(ring, 1), { sequence: 4n, frameId: BigInt(CAPACITY + 1) });
});

Deno.test("RingMapping keeps head, tail and sequences consistent over any batches", async () => {
  const batches = fc.array(fc.integer({ min: 1, max: CAPACITY }), { maxLength: 50 });
  await fc.assert(fc.asyncProperty(batches, async (counts) => {
    await using file = await temporaryRing();
    const { ring } = file;
    let head = 0;
    for (const count of counts) {
      ring.begin(head, count);
      ring.publish(head, count);
      head += count;
      assert.equal(ring.head, head);
      assert.equal(ring.tail, Math.max(0, head - CAPACITY));
    }
    for (let id = ring.tail; id < head; id++) {
      const sequence = BigInt(2 * (Math.floor(id / CAPACITY) + 1));
      assert.deepEqual(slotOf(ring, id % CAPACITY), { sequence, frameId: BigInt(id) });
    }
  }));
});

Deno.test("RingMapping.populate leaves frames as they are, also those written meanwhile", async () => {
  await using file = await temporaryRing(1_000);
  const { ring } = file;
  publishOne(ring);
  const populated = ring.populate();
  publishOne(ring);
  await populated;
  assert.deepEqual([slotOf(ring, 0).frameId, slotOf(ring, 1).frameId], [0n, 1n]);
});

Deno.test("RingMapping.populate refuses a closed ring", async () => {
  const file = await temporaryRing();
  file.ring.close();
  await assert.rejects(file.ring.populate(), RingClosedError);
  await Deno.remove(file.path);
});

Deno.test("RingMapping refuses frames out of order and changes nothing", async () => {
  await using file = await temporaryRing();
  const { ring } = file;
  publishOne(ring);

  assert.throws(() => ring.begin(0, 1), RangeError, "published already");
  assert.throws(() => ring.begin(1, 0), RangeError, "no frames");
  assert.throws(() => ring.begin(1, CAPACITY + 1), RangeError, "more than the ring holds");
  assert.throws(() => ring.begin(2, CAPACITY), RangeError, "overtaking itself");
  assert.throws(() => ring.publish(1, 1), RangeError, "not begun");
  ring.begin(1, 2);
  assert.throws(() => ring.publish(2, 1), RangeError, "leaving a gap");
  assert.equal(ring.head, 1);
  ring.publish(1, 2);
  assert.equal(ring.head, 3);
});

Deno.test("RingMapping.begin may be repeated for frames that were not published", async () => {
  await using file = await temporaryRing();
  file.ring.begin(0, 2);
  file.ring.begin(0, 3);
  file.ring.publish(0, 3);
  assert.deepEqual(slotOf(file.ring, 0), { sequence: 2n, frameId: 0n });
});

Deno.test("RingMapping marks slots that a crash left half-written as lost, and only those", async () => {
  await using file = await temporaryRing();
  publishOne(file.ring);
  file.ring.begin(1, 2);
  file.ring.close({ clean: false });

  using reopened = await RingMapping.open({ path: file.path, capacity: CAPACITY });
  assert.equal(reopened.recoveredSlots, 2);
  assert.equal(reopened.head, 1);
  assert.deepEqual(slotOf(reopened, 0), { sequence: 2n, frameId: 0n });
  assert.deepEqual(slotOf(reopened, 1), { sequence: 2n, frameId: NEVER_VALID });
  assert.deepEqual(slotOf(reopened, 2), { sequence: 2n, frameId: NEVER_VALID });
  assert.deepEqual(slotOf(reopened, 3), { sequence: 0n, frameId: 0n });
});

Deno.test("RingMapping leaves a heartbeat, and 0 after a clean shutdown only", async () => {
  await using file = await temporaryRing();
  const heartbeatOf = (path: string) =>
    new DataView(Deno.readFileSync(path).buffer).getBigInt64(40, true);
  file.ring.heartbeat(1_700_000_000_000_001);
  assert.equal(heartbeatOf(file.path), 1_700_000_000_000_001n);

  file.ring.close({ clean: false });
  assert.equal(heartbeatOf(file.path), 1_700_000_000_000_001n);
  (await RingMapping.open({ path: file.path, capacity: CAPACITY })).close({ clean: true });
  assert.equal(heartbeatOf(file.path), 0n);
});

Deno.test("RingMapping.readControl copies the attractors there are, whatever their values", async () => {
  await using file = await temporaryRing();
  const { ring, header } = file;
  const out = new Uint8Array(16 + 64 * ATTRACTOR_BYTES);
  const mass = 16 + ATTRACTOR_BYTES + 4_096;
  header.setUint32(CONTROL_OFFSET + 8, 2, true);
  header.setFloat32(CONTROL_OFFSET, NaN, true);
  header.setFloat32(CONTROL_OFFSET + mass, 3.5, true);
  header.setUint8(CONTROL_OFFSET + 16 + 2 * ATTRACTOR_BYTES, 77);

  assert.equal(ring.readControl(out), 2);
  const copy = new DataView(out.buffer);
  assert.ok(Number.isNaN(copy.getFloat32(0, true)));
  assert.equal(copy.getFloat32(mass, true), 3.5);
  assert.equal(copy.getUint8(16 + 2 * ATTRACTOR_BYTES), 0, "nothing behind the last attractor");
});

Deno.test("RingMapping.readControl takes an impossible attractor count for 0", async () => {
  await using file = await temporaryRing();
  const count = (value: number, bytes: number) => {
    file.header.setUint32(CONTROL_OFFSET + 8, value, true);
    return file.ring.readControl(new Uint8Array(bytes));
  };
  const enough = 16 + 64 * ATTRACTOR_BYTES;
  assert.equal(count(64, enough), 64);
  assert.equal(count(65, enough), 0);
  assert.equal(count(0xFFFFFFFF, enough), 0);
  assert.equal(count(64, enough - 1), 0);
  assert.equal(count(1, 15), 0);
});

Deno.test("RingMapping fails instead of touching memory that is no longer mapped", async () => {
  await using file = await temporaryRing();
  const { ring } = file;
  const view = new Uint8Array(ring.buffer);
  ring.close();
  ring.close();

  assert.equal(view.length, 0);
  assert.throws(() => ring.head, RingClosedError);
  assert.throws(() => ring.begin(0, 1), RingClosedError);
  assert.throws(() => ring.readControl(new Uint8Array(16)), RingClosedError);
});

Deno.test("attachRing gives a worker the same memory", async () => {
  await using file = await temporaryRing();
  const code = `
    import { attachRing } from ${JSON.stringify(import.meta.resolve("./seqlock.ts"))};
    onmessage = ({ data: { address, sizeBytes } }) => {
      new Uint8Array(attachRing(address, sizeBytes))[${FRAMES_OFFSET + 16}] = 42;
      postMessage("written");
    };`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.onmessage = () => resolve();
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage({ address: file.ring.address, sizeBytes: file.ring.sizeBytes });
  await promise.finally(() => worker.terminate());
  assert.equal(new Uint8Array(file.ring.buffer)[FRAMES_OFFSET + 16], 42);
});

Deno.test("attachRing refuses the null address", () => {
  assert.throws(() => attachRing(0n, 1), RangeError);
});

Deno.test("RingMapping says how to build a missing library", async () => {
  const options = { path: "/nowhere/ring", capacity: 1, libraryPath: "/nowhere/libseqlock.so" };
  await assert.rejects(() => RingMapping.open(options), (error) => {
    assert.ok(error instanceof RingLibraryError);
    assert.match(error.hint, /deno task build/);
    return true;
  });
});
