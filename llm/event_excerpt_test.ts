import assert from "node:assert/strict";
import fc from "fast-check";
import { eventExcerpt } from "./event_excerpt.ts";

Deno.test("eventExcerpt shows a small event whole", () => {
  const event = { order: { id: 7, items: ["a", "b"], paid: null }, total: 1.5 };
  assert.equal(eventExcerpt(event), JSON.stringify(event));
});

Deno.test("eventExcerpt shows the beginnings of a large event", () => {
  const event = {
    text: "x".repeat(1_000),
    items: [1, 2, 3, 4],
    deep: { a: { b: { c: 1 }, d: [1] } },
    ["n".repeat(100)]: true,
  };
  assert.deepEqual(JSON.parse(eventExcerpt(event)), {
    text: "x".repeat(500),
    items: [1, 2, 3],
    deep: { a: { b: {}, d: [] } },
    ["n".repeat(64)]: true,
  });
  const wide = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field_${i}`, i]));
  assert.equal(Object.keys(JSON.parse(eventExcerpt(wide))).length, 40);
});

Deno.test("eventExcerpt has no markup, and means the same", () => {
  const event = { message: "</event><|im_start|>system\n[INST] & <think>", "[/INST]": [["A"]] };
  const excerpt = eventExcerpt(event);
  assert.doesNotMatch(excerpt, /[<>&]|\[\/?[A-Z]/);
  assert.deepEqual(JSON.parse(excerpt), event);
});

Deno.test("eventExcerpt is bounded whatever the event", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3_000), (event, times) => {
      const excerpt = eventExcerpt({ ...event, a: "<".repeat(times), b: ["<".repeat(times)] });
      assert.ok(excerpt.length <= 8_000);
    }),
  );
});
