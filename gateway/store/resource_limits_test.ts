import assert from "node:assert/strict";
import { setImmediate, setTimeout as delay } from "node:timers/promises";
import { ResourceLimits, type Resources } from "./resource_limits.ts";

const IDLE = { memoryMiB: 96, threads: 1 };
const QUERY = { memoryMiB: 1024, threads: 2 };
const OPTIONS = { idle: IDLE, query: QUERY, lingerMs: 0 };

/** Limits that note what they are set to. */
function notedLimits() {
  const set: Resources[] = [];
  let failures = 0;
  const limits = new ResourceLimits(OPTIONS, (...resources) => {
    if (failures-- > 0) return Promise.reject(new Error("more is in use"));
    set.push(...resources);
    return Promise.resolve();
  });
  return { limits, set, failNext: () => failures = 1 };
}

Deno.test("ResourceLimits are raised by the first query and lowered after the last one", async () => {
  const { limits, set } = notedLimits();
  const [first, second] = [await limits.borrow(), await limits.borrow()];
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  const third = await limits.borrow();
  third[Symbol.dispose]();
  await setImmediate();
  assert.deepEqual(set, [QUERY], "the second one is still there");
  second[Symbol.dispose]();
  await delay(10);
  assert.deepEqual(set, [QUERY, IDLE]);
  await limits.close();
});

Deno.test("ResourceLimits are lowered when what was held is free, or the database opened anew", async () => {
  const { limits, set, failNext } = notedLimits();
  const resources = await limits.borrow();
  failNext();
  resources[Symbol.dispose]();
  await delay(10);
  assert.deepEqual(set, [QUERY]);
  using _other = await limits.borrow();
  assert.deepEqual(set, [QUERY], "they were high still");
  limits.renew();
  await setImmediate();
  assert.deepEqual(set, [QUERY, QUERY]);
});

Deno.test("ResourceLimits stay high for a while, in case somebody comes back", async () => {
  const set: Resources[] = [];
  const limits = new ResourceLimits(
    { ...OPTIONS, lingerMs: 60_000 },
    (...resources) => Promise.resolve(void set.push(...resources)),
  );
  (await limits.borrow())[Symbol.dispose]();
  (await limits.borrow())[Symbol.dispose]();
  await limits.close();
  assert.deepEqual(set, [QUERY]);
});

Deno.test("ResourceLimits let a query go on that gets no more", async () => {
  const { limits, set, failNext } = notedLimits();
  failNext();
  using _resources = await limits.borrow();
  assert.deepEqual(set, []);
});

Deno.test("ResourceLimits have DuckDB let go of what it has read, but not while there are queries", async () => {
  const { limits, set } = notedLimits();
  await limits.shrink(96);
  assert.deepEqual(set, [], "nothing to let go of");
  await limits.shrink(16);
  assert.deepEqual(set, [{ memoryMiB: 16, threads: 1 }, IDLE]);
  using _resources = await limits.borrow();
  await limits.shrink(16);
  assert.deepEqual(set.slice(2), [QUERY]);
});
