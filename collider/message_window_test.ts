import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageWindow } from "./message_window.ts";

const SECOND_US = 1_000_000;
const START_US = 1_700_000_000_000_000;

/** Messages in the `windowUs` up to and with the last one. */
function count(timesUs: readonly number[], windowUs: number): number {
  const end = timesUs.at(-1)!;
  return timesUs.filter((us) => us > end - windowUs).length;
}

function ascending(gapsUs: readonly number[]): number[] {
  let us = START_US;
  return gapsUs.map((gapUs) => us += gapUs);
}

Deno.test("MessageWindow counts the messages of the last 60 seconds exactly, up to 128 of them", () => {
  const gaps = fc.oneof(
    fc.nat({ max: SECOND_US }),
    fc.nat({ max: 60 }).map((seconds) => seconds * SECOND_US),
  );
  const conversations = fc.array(gaps, { minLength: 1, maxLength: 128, size: "max" });
  fc.assert(fc.property(conversations, (gapsUs) => {
    const timesUs = ascending(gapsUs);
    const window = new MessageWindow();
    for (const [i, us] of timesUs.entries()) {
      assert.equal(window.add(us), count(timesUs.slice(0, i + 1), 60 * SECOND_US));
    }
  }));

  const full = new MessageWindow();
  for (let i = 0; i < 128; i++) full.add(START_US + i * 1_000);
  assert.equal(full.add(START_US + 60 * SECOND_US + 100_500), 128 - 101 + 1);
});

Deno.test("MessageWindow is at most a second short, however dense the messages", () => {
  const bursts = fc.array(
    fc.record({ messages: fc.integer({ min: 1, max: 400 }), gapUs: fc.nat({ max: SECOND_US }) }),
    { minLength: 1, maxLength: 10 },
  );
  fc.assert(fc.property(bursts, fc.nat({ max: 70 * SECOND_US }), (dense, pauseUs) => {
    const gapsUs = dense.flatMap(({ messages, gapUs }) => Array<number>(messages).fill(gapUs));
    const timesUs = ascending([...gapsUs, pauseUs]);
    const window = new MessageWindow();
    for (const [i, us] of timesUs.entries()) {
      const counted = window.add(us);
      if (i % 50 !== 0 && i < timesUs.length - 1) continue;
      const past = timesUs.slice(0, i + 1);
      assert.ok(counted <= count(past, 60 * SECOND_US));
      assert.ok(counted >= count(past, 59 * SECOND_US));
    }
  }));
});

Deno.test("MessageWindow is exact again once the dense messages have left", () => {
  const window = new MessageWindow();
  for (let i = 0; i < 1_000; i++) window.add(START_US + i * 10_000);
  const laterUs = START_US + 100 * SECOND_US;
  window.add(laterUs);
  assert.equal(window.add(laterUs + 0.5 * SECOND_US), 2);
  assert.equal(window.add(laterUs + 60.2 * SECOND_US), 2);
});

Deno.test("MessageWindow takes a message from before the newest for one of the same time", () => {
  const window = new MessageWindow();
  window.add(START_US);
  assert.equal(window.add(START_US - 3_600 * SECOND_US), 2);
  assert.equal(window.add(START_US + 59 * SECOND_US), 3);
});

Deno.test("MessageWindow remembers a dense minute in at most 128 entries", () => {
  // Each entry leaves as a whole, so the count can't take more values than there are entries.
  const counts = new Set<number>();
  for (let probeUs = 0; probeUs < 60 * SECOND_US; probeUs += 100_000) {
    const window = new MessageWindow();
    for (let i = 0; i < 3_000; i++) window.add(START_US + i * 20_000);
    counts.add(window.add(START_US + 60 * SECOND_US + probeUs));
  }
  assert.ok(counts.size <= 128, `${counts.size} different counts`);
});
