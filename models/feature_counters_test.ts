import assert from "node:assert/strict";
import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { FeatureCounters } from "./feature_counters.ts";

const MINUS = 1 << 31;

function drained(counters: FeatureCounters) {
  const floats = new Float32Array(EMBEDDING_DIMENSIONS).fill(NaN);
  const isAny = counters.drainInto(floats, 0);
  const values = Object.fromEntries([...floats.entries()].filter(([, value]) => value !== 0));
  return { isAny, values };
}

Deno.test("FeatureCounters makes signed square roots of L2 norm 1", () => {
  const counters = new FeatureCounters();
  for (let i = 0; i < 9; i++) counters.count(5);
  for (let i = 0; i < 16; i++) counters.count(MINUS | 1023);
  const { isAny, values } = drained(counters);
  assert.equal(isAny, true);
  assert.deepEqual(values, { 5: Math.fround(3 / 5), 1023: Math.fround(-4 / 5) });
});

Deno.test("FeatureCounters has nothing to give when all features cancel out", () => {
  const counters = new FeatureCounters();
  counters.count(7);
  counters.count(MINUS | 7);
  assert.deepEqual(drained(counters), { isAny: false, values: {} });
});

Deno.test("FeatureCounters starts anew after each embedding", () => {
  const counters = new FeatureCounters();
  for (let hash = 0; hash < 2 * EMBEDDING_DIMENSIONS; hash++) counters.count(hash);
  drained(counters);
  counters.count(3);
  assert.deepEqual(drained(counters), { isAny: true, values: { 3: 1 } });
});

Deno.test("FeatureCounters gives the same, be there fewer features than counters or more", () => {
  // A feature that is taken back leaves no trace.
  for (const pairs of [0, 1, EMBEDDING_DIMENSIONS / 2, EMBEDDING_DIMENSIONS]) {
    const counters = new FeatureCounters();
    counters.count(1);
    for (let hash = 0; hash < pairs; hash++) {
      counters.count(hash);
      counters.count(MINUS | hash);
    }
    for (let i = 0; i < 3; i++) counters.count(2);
    assert.deepEqual(drained(counters), {
      isAny: true,
      values: { 1: 0.5, 2: Math.fround(Math.sqrt(3) / 2) },
    });
  }
});
