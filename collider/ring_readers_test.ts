import assert from "node:assert/strict";
import { join } from "node:path";
import { READER, READER_BYTES, readersPath } from "./layout.ts";
import { listRingReaders } from "./ring_readers.ts";

const NOW_US = 1_700_000_000_000_000;
const GENERATION = 2n ** 63n + 5n;

async function withReaders(
  files: Record<string, Uint8Array>,
  test: (ringPath: string) => Promise<void>,
): Promise<void> {
  const ringPath = join(await Deno.makeTempDir({ prefix: "collider-readers-" }), "ring");
  await Deno.mkdir(readersPath(ringPath));
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(join(readersPath(ringPath), name), bytes);
  }
  try {
    await test(ringPath);
  } finally {
    await Deno.remove(join(ringPath, ".."), { recursive: true });
  }
}

function readerFile({ ageUs = 0, generation = GENERATION, name = "train.py", pid = 7 }) {
  const bytes = new Uint8Array(READER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(READER.generation.offset, generation, true);
  view.setBigUint64(READER.next_frame_id.offset, 1_000n, true);
  view.setBigUint64(READER.lapped.offset, 3n, true);
  view.setBigInt64(READER.seen_us.offset, BigInt(NOW_US - ageUs), true);
  view.setUint32(READER.pid.offset, pid, true);
  new TextEncoder().encodeInto(name, bytes.subarray(READER.name.offset));
  return bytes;
}

Deno.test("listRingReaders tells who follows the ring, and how far they have come", () =>
  withReaders(
    { b: readerFile({ pid: 9, name: "a\u001b[31mb" }), a: readerFile({}) },
    async (path) => {
      assert.deepEqual(await listRingReaders(path, GENERATION, NOW_US), [
        { pid: 7, name: "train.py", nextFrameId: 1_000, lapped: 3 },
        { pid: 9, name: "a[31mb", nextFrameId: 1_000, lapped: 3 },
      ]);
    },
  ));

Deno.test("listRingReaders passes over what does not follow this ring, and clears what is long gone", () =>
  withReaders({
    short: new Uint8Array(10),
    empty: new Uint8Array(0),
    begun: new Uint8Array(READER_BYTES),
    elsewhere: readerFile({ generation: 1n }),
    stale: readerFile({ ageUs: 61e6 }),
    gone: readerFile({ ageUs: 3601e6 }),
  }, async (path) => {
    assert.deepEqual(await listRingReaders(path, GENERATION, NOW_US), []);
    const left = await Array.fromAsync(Deno.readDir(readersPath(path)), ({ name }) => name);
    assert.deepEqual(left.sort(), ["begun", "elsewhere", "empty", "short", "stale"]);
  }));

Deno.test("listRingReaders finds nobody where there is no folder", async () => {
  assert.deepEqual(await listRingReaders("/nowhere/ring", GENERATION, NOW_US), []);
});
