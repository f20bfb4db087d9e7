import assert from "node:assert/strict";
import { FrameLoop } from "./frame_loop.ts";

Deno.test("FrameLoop draws once for all that is new, and again for what comes meanwhile", async () => {
  const written: string[] = [];
  const firstIsOut = Promise.withResolvers<void>();
  const secondBegins = Promise.withResolvers<void>();
  let value = 0;
  const loop = new FrameLoop({
    draw: () => String(value),
    onError: assert.ifError,
    async write(output) {
      written.push(output);
      if (written.length === 2) return secondBegins.resolve();
      value = 2;
      loop.invalidate();
      loop.invalidate();
      await firstIsOut.promise;
      assert.equal(written.length, 1, "a slow terminal gets no second frame before the first");
    },
  });
  value = 1;
  loop.invalidate();
  loop.invalidate();
  setTimeout(firstIsOut.resolve);
  await secondBegins.promise;
  assert.deepEqual(written, ["1", "2"]);
  loop.stop();
});

Deno.test("FrameLoop tells when a frame can't be drawn", async () => {
  const failure = Promise.withResolvers<unknown>();
  const loop = new FrameLoop({
    draw() {
      throw new Error("no frame");
    },
    write: () => Promise.resolve(),
    onError: failure.resolve,
  });
  loop.invalidate();
  assert.match(String(await failure.promise), /no frame/);
});
