/** UTF-16 code units of a text that are looked at; what follows them is ignored. */
export const TEXT_UNITS_MAX = 8_192;

/** Turns texts into vectors whose cosine says how related the texts are. */
export interface Embedder {
  /** Vectors can be compared with those that were made under the same name, and no others. */
  readonly name: string;
  /** The ring's `embedder` field: 1 local ONNX, 2 remote `/embeddings`, 3 hashing. */
  readonly code: 1 | 2 | 3;

  /**
   * Embeds `texts[i]` into `floats[offsets[i]]` and the 1,023 after it: L2 norm 1, or all zero where
   * there is nothing to embed.
   *
   * An embedder writes where the embeddings are needed, usually the ring's slots, because copying
   * them would cost as much as a cheap embedder itself. It is given one array over all of the memory
   * instead of a view per text, which would be garbage after every event; one that needs views, as
   * the memory of tensors, can keep them by offset.
   *
   * @returns for each text, whether there was something to embed
   */
  embed(
    texts: readonly string[],
    floats: Float32Array,
    offsets: readonly number[],
  ): boolean[] | Promise<boolean[]>;
}
