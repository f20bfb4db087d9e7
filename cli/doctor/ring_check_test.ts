import assert from "node:assert/strict";
import { join } from "node:path";
import { HEADER, ringBytes } from "../../collider/layout.ts";
import { RingMapping } from "../../ffi/seqlock.ts";
import { checkRing } from "./ring_check.ts";

const CAPACITY = 8;

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "collider-doctor-" });
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function check(ringPath: string, { capacity = CAPACITY, isGatewayRunning = false } = {}) {
  return checkRing({ ringPath, ringCapacity: capacity }, isGatewayRunning);
}

Deno.test("checkRing finds room for a ring, and makes none", async () => {
  await withDirectory(async (directory) => {
    const { status, message } = await check(join(directory, "ring"));
    assert.equal(status, "ok");
    assert.match(message, /will take 2 MB of/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory)), []);
  });
});

Deno.test("checkRing says what fits where there is no room", async () => {
  await withDirectory(async (directory) => {
    const { status, hint } = await check(join(directory, "ring"), { capacity: 2 ** 31 });
    assert.equal(status, "broken");
    assert.match(hint!, /^--ring-capacity \d+ fits; or choose another file with --ring-path$/);
  });
});

Deno.test("checkRing misses the folder of a ring", async () => {
  const { status, message } = await check("/nowhere/ring");
  assert.deepEqual([status, message], ["broken", "/nowhere is not there"]);
});

Deno.test("checkRing knows a good ring, one of another capacity, and one in use", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "ring");
    const ring = RingMapping.open({ path, capacity: CAPACITY });
    ring.heartbeat(Date.now() * 1000);
    const inUse = await check(path);
    assert.equal(inUse.status, "broken");
    assert.match(inUse.message, /^another gateway wrote to .+ within the last \d s$/);
    assert.equal((await check(path, { isGatewayRunning: true })).status, "ok");
    ring.close();

    const closed = await check(path);
    assert.deepEqual([closed.status, closed.message], ["ok", `${path} holds 0 of 8 frames`]);
    const other = await check(path, { capacity: 9 });
    assert.equal(other.message, `${path} holds 8 frames, not 9`);
    assert.match(other.hint!, /--ring-capacity 8/);
  });
});

Deno.test("checkRing knows what is no ring", async () => {
  await withDirectory(async (directory) => {
    assert.match((await check(directory)).message, /is no regular file$/);
    const path = join(directory, "ring");
    await Deno.writeTextFile(path, "a diary");
    assert.equal((await check(path)).message, `${path} is no ring`);
    RingMapping.open({ path, capacity: CAPACITY, reset: true }).close();
    await Deno.truncate(path, ringBytes(CAPACITY) - 1);
    assert.equal((await check(path)).message, `${path} is damaged`);
    using file = await Deno.open(path, { write: true });
    await file.seek(HEADER.version.offset, Deno.SeekMode.Start);
    await file.write(Uint8Array.of(3, 0, 0, 0));
    const { message, hint } = await check(path);
    assert.equal(message, `${path} is a ring of another version`);
    assert.match(hint!, /--ring-reset/);
  });
});
