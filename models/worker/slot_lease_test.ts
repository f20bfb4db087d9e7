import assert from "node:assert/strict";
import { SlotLease } from "./slot_lease.ts";

Deno.test("SlotLease can be held again and again until it is revoked", async () => {
  const lease = new SlotLease();
  const workers = new SlotLease(lease.shared);
  for (let i = 0; i < 3; i++) {
    assert.equal(workers.hold(), true);
    workers.release();
  }
  assert.equal(await lease.revoke(0), true);
  assert.equal(workers.hold(), false);
  workers.release();
  assert.equal(workers.hold(), false);
});

Deno.test("SlotLease says so when it is not given back in time", async () => {
  const lease = new SlotLease();
  assert.equal(lease.hold(), true);
  assert.equal(await lease.revoke(1), false);
  lease.release();
  assert.equal(await lease.revoke(1), true);
});

Deno.test("SlotLease is revoked only when another thread has written its last", async () => {
  const lease = new SlotLease();
  const written = new Int32Array(new SharedArrayBuffer(4));
  const script = `
    import { SlotLease } from ${JSON.stringify(import.meta.resolve("./slot_lease.ts"))};
    onmessage = ({ data: { shared, written } }) => {
      const lease = new SlotLease(shared);
      lease.hold();
      const state = new Int32Array(shared);
      const held = Atomics.load(state, 0);
      postMessage("held");
      while (Atomics.load(state, 0) === held); // until revoked
      for (let i = 0; i < 1_000_000; i++) written[0]++;
      lease.release();
    };`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(script)}`, {
    type: "module",
  });
  const held = Promise.withResolvers<unknown>();
  worker.onmessage = held.resolve;
  worker.postMessage({ shared: lease.shared, written });
  await held.promise;
  assert.equal(await lease.revoke(60_000), true);
  assert.equal(written[0], 1_000_000);
  worker.terminate();
});
