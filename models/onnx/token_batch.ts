import { Tensor } from "onnxruntime-node";
import type { TokenizedText } from "./text_tokenizer.ts";

/** Texts that run through a model together, padded to the longest. */
export interface TokenBatch {
  /** Indices of the texts. */
  readonly indices: readonly number[];
  /** Tokens of the longest. */
  readonly length: number;
}

/**
 * Groups texts of similar length, so that little is spent on padding, with at most `maxTokens`
 * tokens in a batch, padding counted; a longer text goes alone.
 */
export function tokenBatches(texts: readonly TokenizedText[], maxTokens: number): TokenBatch[] {
  const byLength = texts
    .map(({ ids }, index) => ({ index, length: ids.length }))
    .sort((a, b) => a.length - b.length || a.index - b.index);
  const batches: { indices: number[]; length: number }[] = [];
  for (const { index, length } of byLength) {
    const last = batches.at(-1);
    if (last !== undefined && (last.indices.length + 1) * length <= maxTokens) {
      last.indices.push(index);
      last.length = length;
    } else {
      batches.push({ indices: [index], length });
    }
  }
  return batches;
}

/**
 * The inputs of a BERT-like model: int64 [batch, length] each.
 *
 * @param names which of `input_ids`, `attention_mask` and `token_type_ids` the model takes
 */
export function tokenInputs(
  texts: readonly TokenizedText[],
  { indices, length }: TokenBatch,
  padId: number,
  names: readonly string[],
): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = {};
  const add = (name: string, padding: number, valuesOf: (text: TokenizedText) => number[]) => {
    if (!names.includes(name)) return;
    const values = new BigInt64Array(indices.length * length);
    // Through 32-bit halves, because a BigInt per token would be garbage.
    const halves = new Int32Array(values.buffer);
    for (const [row, index] of indices.entries()) {
      const tokens = valuesOf(texts[index]!);
      for (let i = 0; i < length; i++) halves[(row * length + i) * 2] = tokens[i] ?? padding;
    }
    inputs[name] = new Tensor("int64", values, [indices.length, length]);
  };
  add("input_ids", padId, ({ ids }) => ids as number[]);
  add("attention_mask", 0, ({ ids }) => new Array(ids.length).fill(1));
  add("token_type_ids", 0, ({ typeIds }) => typeIds as number[]);
  return inputs;
}
