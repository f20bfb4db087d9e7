import type { Embedded, Embedder } from "./embedder.ts";

/**
 * Several embedders, the first of which that does not fail embeds a batch: what it wrote is told by
 * its code, batch by batch.
 */
export class ChainEmbedder implements Embedder {
  readonly name: string;
  readonly #embedders: readonly Embedder[];

  /** @param embedders in the order in which they are tried, at least one */
  constructor(embedders: readonly Embedder[]) {
    this.name = embedders.map(({ name }) => name).join(" or ");
    this.#embedders = embedders;
  }

  async embed(
    texts: readonly string[],
    floats: Float32Array,
    offsets: readonly number[],
  ): Promise<Embedded> {
    const failures: Error[] = [];
    for (const embedder of this.#embedders) {
      try {
        const embedded = await embedder.embed(texts, floats, offsets);
        const [first] = failures;
        return first === undefined ? embedded : { ...embedded, problem: first.message };
      } catch (error) {
        failures.push(error as Error);
      }
    }
    throw failures.at(-1);
  }
}
