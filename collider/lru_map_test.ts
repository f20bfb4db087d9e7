import assert from "node:assert/strict";
import fc from "fast-check";
import { LruMap } from "./lru_map.ts";

Deno.test("LruMap forgets exactly the least recently used entries", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 5 }),
    fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g")),
    (maxEntries, keys) => {
      const map = new LruMap<number>(maxEntries);
      const model: string[] = [];
      for (const key of keys) {
        let isMade = false;
        map.getOrMake(key, () => {
          isMade = true;
          return 0;
        });
        assert.equal(isMade, !model.includes(key));
        if (!isMade) model.splice(model.indexOf(key), 1);
        model.push(key);
        if (model.length > maxEntries) model.shift();
      }
    },
  ));
});

Deno.test("LruMap keeps the value that was made first", () => {
  const map = new LruMap<object>(2);
  const made = map.getOrMake("a", () => ({}));
  map.getOrMake("b", () => ({}));
  assert.equal(map.getOrMake("a", () => ({})), made);
});
