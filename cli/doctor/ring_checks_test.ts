import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureLibrary } from "../../ffi/build.ts";
import { RingMapping } from "../../ffi/seqlock.ts";
import { checkLibrary, checkRing } from "./ring_checks.ts";

await ensureLibrary();

Deno.test("checkRing finds room for a ring, a ring, and one that is in use", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-doctor-" });
  const ringPath = join(directory, "ring");
  const flags = { ringPath, ringCapacity: 8 };
  try {
    const room = checkRing(flags, false);
    assert.equal(room.status, "ok");
    assert.match(room.message, /ring will take 1\.09 MB of \d/);

    const ring = await RingMapping.open({ path: ringPath, capacity: 8 });
    const locked = checkRing(flags, false);
    assert.equal(locked.status, "broken");
    assert.match(locked.hint!, /--ring-path/);
    assert.equal(checkRing(flags, true).message, `${ringPath} is in use by the gateway`);
    ring.close();

    assert.equal(checkRing(flags, false).message, `${ringPath} is a ring of 8 frames`);
    const other = checkRing({ ringPath, ringCapacity: 9 }, true);
    assert.equal(other.status, "broken");
    assert.match(other.hint!, /--ring-capacity 8/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("checkLibrary finds the native library", () => {
  assert.equal(checkLibrary().status, "ok");
});
