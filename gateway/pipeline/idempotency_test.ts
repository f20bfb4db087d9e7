import assert from "node:assert/strict";
import { type FirstAnswer, IdempotencyWindow } from "./idempotency.ts";

const ANSWER: FirstAnswer = { id: "0190163d-8694-739b-aea5-966c26f8ad91", type: "Message" };

Deno.test("IdempotencyWindow finds what the key's first event was answered", async () => {
  const window = new IdempotencyWindow();
  window.remember("key", Promise.resolve(ANSWER), 1_000);
  assert.deepEqual(await window.find("key", 1_001), ANSWER);
  assert.equal(window.find("another", 1_001), undefined);
});

Deno.test("IdempotencyWindow forgets a key when its time is over", () => {
  const window = new IdempotencyWindow({ windowMs: 100 });
  window.remember("key", Promise.resolve(ANSWER), 1_000);
  assert.ok(window.find("key", 1_099));
  assert.equal(window.find("key", 1_100), undefined);
});

Deno.test("IdempotencyWindow remembers a key anew after its time", async () => {
  const window = new IdempotencyWindow({ windowMs: 100 });
  window.remember("key", Promise.resolve(ANSWER), 1_000);
  const second = { ...ANSWER, type: "Second" };
  window.remember("key", Promise.resolve(second), 1_100);
  assert.deepEqual(await window.find("key", 1_150), second);
});

Deno.test("IdempotencyWindow forgets the oldest keys when there are too many", () => {
  const window = new IdempotencyWindow({ maxKeys: 2 });
  for (const key of ["a", "b", "c"]) window.remember(key, Promise.resolve(ANSWER), 1_000);
  assert.equal(window.find("a", 1_000), undefined);
  assert.ok(window.find("b", 1_000));
  assert.ok(window.find("c", 1_000));
});

Deno.test("IdempotencyWindow lets a twin wait for the first one's answer", async () => {
  const window = new IdempotencyWindow();
  const first = Promise.withResolvers<FirstAnswer>();
  window.remember("key", first.promise, 1_000);
  const twin = window.find("key", 1_000);
  first.resolve(ANSWER);
  assert.deepEqual(await twin, ANSWER);
});

Deno.test("IdempotencyWindow frees the key of an event that could not be stored", async () => {
  const window = new IdempotencyWindow();
  const first = Promise.withResolvers<FirstAnswer>();
  window.remember("key", first.promise, 1_000);
  const twin = window.find("key", 1_000)!;
  first.reject(new Error("the disk is full"));
  await assert.rejects(twin, /the disk is full/);
  assert.equal(window.find("key", 1_000), undefined);
});

Deno.test("IdempotencyWindow keeps the second event's key when the first one fails late", async () => {
  const window = new IdempotencyWindow({ windowMs: 100 });
  const first = Promise.withResolvers<FirstAnswer>();
  window.remember("key", first.promise, 1_000);
  window.remember("key", Promise.resolve(ANSWER), 2_000);
  first.reject(new Error("the disk is full"));
  await assert.rejects(first.promise);
  assert.deepEqual(await window.find("key", 2_000), ANSWER);
});
