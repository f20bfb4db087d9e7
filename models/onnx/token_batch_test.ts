import assert from "node:assert/strict";
import fc from "fast-check";
import type { TokenizedText } from "./text_tokenizer.ts";
import { tokenBatches, tokenInputs } from "./token_batch.ts";

function textOf(length: number): TokenizedText {
  const ids = Array.from({ length }, (_, i) => i + 5);
  return { ids, typeIds: ids.map(() => 0), isTruncated: false };
}

Deno.test("tokenBatches takes every text once, within the budget where it can", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 50 })),
    fc.integer({ min: 1, max: 200 }),
    (lengths, maxTokens) => {
      const batches = tokenBatches(lengths.map(textOf), maxTokens);
      const indices = batches.flatMap((batch) => batch.indices).sort((a, b) => a - b);
      assert.deepEqual(indices, lengths.map((_, i) => i));
      for (const batch of batches) {
        assert.equal(batch.length, Math.max(...batch.indices.map((index) => lengths[index]!)));
        const isAlone = batch.indices.length === 1;
        assert.ok(isAlone || batch.indices.length * batch.length <= maxTokens);
      }
    },
  ));
});

Deno.test("tokenBatches puts texts of one length together", () => {
  const batches = tokenBatches([10, 2, 10, 2].map(textOf), 20);
  assert.deepEqual(batches.map(({ indices }) => indices), [[1, 3], [0, 2]]);
});

Deno.test("tokenInputs pads what is shorter and masks the padding", () => {
  const inputs = tokenInputs(
    [textOf(2), textOf(3)],
    { indices: [1, 0], length: 3 },
    1,
    ["input_ids", "attention_mask", "token_type_ids"],
  );
  assert.deepEqual(inputs["input_ids"]!.dims, [2, 3]);
  assert.deepEqual(inputs["input_ids"]!.data, BigInt64Array.of(5n, 6n, 7n, 5n, 6n, 1n));
  assert.deepEqual(inputs["attention_mask"]!.data, BigInt64Array.of(1n, 1n, 1n, 1n, 1n, 0n));
  assert.deepEqual(inputs["token_type_ids"]!.data, new BigInt64Array(6));
});

Deno.test("tokenInputs gives a model only what it takes", () => {
  const inputs = tokenInputs([textOf(2)], { indices: [0], length: 2 }, 0, ["input_ids"]);
  assert.deepEqual(Object.keys(inputs), ["input_ids"]);
});
