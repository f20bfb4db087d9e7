import type { Vector } from "@duckdb/node-bindings";
import { copyVector } from "./column.ts";
import type { Validity } from "./validity.ts";

/** Words of 32 bits that describe a string or a list in a vector. */
export const WORDS_PER_ROW = 4;

/** Copies a vector of strings or lists; of nulls, every word is 0. */
export function copyRows(
  vector: Vector,
  rows: number,
  validity: Validity,
): Uint32Array<ArrayBuffer> {
  const bytes = copyVector(vector, rows, WORDS_PER_ROW * Uint32Array.BYTES_PER_ELEMENT, validity);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, rows * WORDS_PER_ROW);
}

/** One of the words of each row. */
export function wordsOf(words: Uint32Array, word: number): Uint32Array<ArrayBuffer> {
  const picked = new Uint32Array(words.length / WORDS_PER_ROW);
  for (let row = 0; row < picked.length; row++) picked[row] = words[row * WORDS_PER_ROW + word]!;
  return picked;
}
