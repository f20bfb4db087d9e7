import { Tensor } from "onnxruntime-node";
import type { Prompt } from "./prompt.ts";

/**
 * The inputs of a GLiNER span model for prompts that run together, padded to the longest:
 * `input_ids`, `attention_mask` and `words_mask` int64 [batch, tokens], `text_lengths` int64
 * [batch, 1], `span_idx` int64 [batch, words · maxWidth, 2] with inclusive ends, and `span_mask`
 * bool [batch, words · maxWidth].
 */
export function nerInputs(
  prompts: readonly Prompt[],
  maxWidth: number,
  padId: number,
): Record<string, Tensor> {
  const batch = prompts.length;
  const tokens = Math.max(...prompts.map(({ ids }) => ids.length));
  const words = Math.max(...prompts.map(({ wordCount }) => wordCount));
  const ids = new Int64Matrix(batch, tokens, padId);
  const attention = new Int64Matrix(batch, tokens, 0);
  const wordStarts = new Int64Matrix(batch, tokens, 0);
  const lengths = new Int64Matrix(batch, 1, 0);
  const spans = new Int64Matrix(batch, words * maxWidth * 2, 0);
  const spanMask = new Uint8Array(batch * words * maxWidth);
  for (const [row, prompt] of prompts.entries()) {
    const { wordCount } = prompt;
    for (const [i, id] of prompt.ids.entries()) {
      ids.set(row, i, id);
      attention.set(row, i, 1);
      wordStarts.set(row, i, prompt.wordStarts[i]!);
    }
    lengths.set(row, 0, wordCount);
    for (let first = 0; first < wordCount; first++) {
      for (let width = 0; width < maxWidth && first + width < wordCount; width++) {
        const span = first * maxWidth + width;
        spans.set(row, 2 * span, first);
        spans.set(row, 2 * span + 1, first + width);
        spanMask[row * words * maxWidth + span] = 1;
      }
    }
  }
  return {
    input_ids: ids.tensor([batch, tokens]),
    attention_mask: attention.tensor([batch, tokens]),
    words_mask: wordStarts.tensor([batch, tokens]),
    text_lengths: lengths.tensor([batch, 1]),
    span_idx: spans.tensor([batch, words * maxWidth, 2]),
    span_mask: new Tensor("bool", spanMask, [batch, words * maxWidth]),
  };
}

/** 64-bit integers that all fit into 31 bits, without a BigInt for each. */
class Int64Matrix {
  readonly #values: BigInt64Array;
  readonly #halves: Int32Array;
  readonly #columns: number;

  constructor(rows: number, columns: number, filling: number) {
    this.#values = new BigInt64Array(rows * columns).fill(BigInt(filling));
    this.#halves = new Int32Array(this.#values.buffer);
    this.#columns = columns;
  }

  set(row: number, column: number, value: number): void {
    this.#halves[2 * (row * this.#columns + column)] = value;
  }

  tensor(dims: readonly number[]): Tensor {
    return new Tensor("int64", this.#values, dims);
  }
}
