import assert from "node:assert/strict";
import { setImmediate, setTimeout as delay } from "node:timers/promises";
import { MemoryLimit } from "./memory_limit.ts";

const LIMITS = { idleMiB: 96, queryMiB: 1024, lingerMs: 0 };

/** A limit that notes what it is set to. */
function limitOver() {
  const set: number[] = [];
  let failures = 0;
  const limit = new MemoryLimit(LIMITS, (mebibytes) => {
    if (failures-- > 0) return Promise.reject(new Error("more is in use"));
    set.push(mebibytes);
    return Promise.resolve();
  });
  return { limit, set, failNext: () => failures = 1 };
}

Deno.test("MemoryLimit is raised by the first query and lowered after the last one", async () => {
  const { limit, set } = limitOver();
  const [first, second] = [await limit.borrow(), await limit.borrow()];
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  const third = await limit.borrow();
  third[Symbol.dispose]();
  await setImmediate();
  assert.deepEqual(set, [1024], "the second one is still there");
  second[Symbol.dispose]();
  await delay(10);
  assert.deepEqual(set, [1024, 96]);
  await limit.close();
});

Deno.test("MemoryLimit is lowered when what was held is free, or the database opened anew", async () => {
  const { limit, set, failNext } = limitOver();
  const memory = await limit.borrow();
  failNext();
  memory[Symbol.dispose]();
  await delay(10);
  assert.deepEqual(set, [1024]);
  using _other = await limit.borrow();
  assert.deepEqual(set, [1024], "it was high still");
  limit.renew();
  await setImmediate();
  assert.deepEqual(set, [1024, 1024]);
});

Deno.test("MemoryLimit stays high for a while, in case somebody comes back", async () => {
  const set: number[] = [];
  const limits = { ...LIMITS, lingerMs: 60_000 };
  const limit = new MemoryLimit(limits, (mebibytes) => Promise.resolve(void set.push(mebibytes)));
  (await limit.borrow())[Symbol.dispose]();
  (await limit.borrow())[Symbol.dispose]();
  await limit.close();
  assert.deepEqual(set, [1024]);
});

Deno.test("MemoryLimit lets a query go on that gets no more", async () => {
  const { limit, set, failNext } = limitOver();
  failNext();
  using _memory = await limit.borrow();
  assert.deepEqual(set, []);
});
