/** What is known of a text besides its embedding. */
export interface EmbedNote {
  /** Only so many of its tokens were embedded: it is longer than the model's limit. */
  readonly truncatedTokens?: number;
  /** Only so many of its UTF-16 code units were embedded: the server refused more. */
  readonly truncatedUnits?: number;
  /** Lexical weights by token id, where the model gives them: BGE-M3's sparse embedding. */
  readonly sparse?: Readonly<Record<string, number>>;
}

/** What became of texts, by their index. */
export interface Embedded {
  /** The frames' `embedder` field: what wrote the vector; 0 where there was nothing to embed. */
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly notes?: ReadonlyMap<number, EmbedNote>;
  /** Vectors that the model wrote where they belong, without any copy. */
  readonly zeroCopyVectors?: number;
  /** Why the embedder that should have made them did not, and another one had to; in words. */
  readonly problem?: string;
}

/** Turns texts into vectors whose cosine says how related the texts are. */
export interface Embedder {
  /** Vectors can be compared with those that were made under the same name, and no others. */
  readonly name: string;

  /**
   * Embeds `texts[i]` into `floats[offsets[i]]` and the 1,023 after it: L2 norm 1, or all zero where
   * there is nothing to embed.
   *
   * An embedder writes where the embeddings are needed, usually the ring's slots, because copying
   * them would cost as much as a cheap embedder itself. It is given one array over all of the memory
   * instead of a view per text, which would be garbage after every event.
   *
   * @throws {ModelError} if it can't; then anything may stand there
   */
  embed(
    texts: readonly string[],
    floats: Float32Array,
    offsets: readonly number[],
  ): Embedded | Promise<Embedded>;
}
