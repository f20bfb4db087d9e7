import assert from "node:assert/strict";
import { TimeSlices } from "./time_slices.ts";

/** Works without a pause, but between slices. */
async function workFor(slices: number): Promise<void> {
  const time = new TimeSlices();
  for (let count = 0; count < slices;) {
    if (!time.isOver) continue;
    await time.next();
    count++;
  }
}

Deno.test("TimeSlices lets requests be answered while long work goes on", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("here"),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  let isWorking = true;
  let answers = 0;
  const ask = async () => {
    while (isWorking) {
      assert.equal(await (await fetch(url)).text(), "here");
      answers++;
    }
  };
  const asking = ask();
  // Two at once: one of them must not keep the other from letting requests in.
  await Promise.all([workFor(120), workFor(120)]);
  const answered = answers;
  isWorking = false;
  await asking;
  assert.ok(answered >= 5, `${answered} requests were answered`);
});
