import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseSpans, scoreSpans } from "./spans.ts";

Deno.test("scoreSpans reads words, widths and labels, and none beyond the text", () => {
  const logits = new Float32Array(3 * 2 * 2).fill(-10);
  logits[(0 * 2 + 1) * 2 + 1] = 2; // words 0 to 1, label 1
  logits[(2 * 2 + 0) * 2 + 0] = 3; // word 2, which this text does not have
  logits[(1 * 2 + 1) * 2 + 0] = 3; // words 1 to 2
  const shape = { words: 3, maxWidth: 2, labels: 2 };
  const [span, ...others] = scoreSpans(logits, shape, 2, 0.5);
  assert.deepEqual(others, []);
  assert.deepEqual({ ...span, score: span!.score.toFixed(4) }, {
    first: 0,
    last: 1,
    label: 1,
    score: "0.8808",
  });
});

Deno.test("chooseSpans keeps the best of those that overlap", () => {
  const span = (first: number, last: number, score: number) => ({ first, last, score, label: 0 });
  const chosen = chooseSpans([span(4, 5, 0.6), span(0, 2, 0.7), span(2, 3, 0.9), span(0, 1, 0.5)]);
  assert.deepEqual(chosen.map(({ first, last }) => [first, last]), [[0, 1], [2, 3], [4, 5]]);
});

Deno.test("chooseSpans leaves none that overlap, and drops none for nothing", () => {
  const spans = fc.array(
    fc.record({
      first: fc.nat(20),
      width: fc.nat(4),
      label: fc.nat(2),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
    }).map(({ first, width, ...rest }) => ({ ...rest, first, last: first + width })),
  );
  fc.assert(fc.property(spans, (given) => {
    const chosen = chooseSpans(given);
    const overlap = (a: typeof given[0], b: typeof given[0]) =>
      a.first <= b.last && b.first <= a.last;
    for (const [i, a] of chosen.entries()) {
      for (const b of chosen.slice(i + 1)) assert.ok(!overlap(a, b));
    }
    for (const span of given) {
      const better = chosen.some((kept) => overlap(kept, span) && kept.score >= span.score);
      assert.ok(chosen.includes(span) || better);
    }
  }));
});
