import { ModelFailedError } from "./errors.ts";

/** A server that answers did not take these texts. */
export class TextsRefusedError extends ModelFailedError {}

/** The vector of a text. */
export interface TextVector {
  readonly vector: readonly number[];
  /** So much of the text it is of, UTF-16 code units from its beginning. */
  readonly units: number;
}

/**
 * Has texts embedded together.
 *
 * @param mayRetry whether there may be further attempts, which take a moment
 * @throws {TextsRefusedError} and others
 */
export type AskForVectors = (
  texts: readonly string[],
  mayRetry: boolean,
) => Promise<readonly (readonly number[])[]>;

/** Embedded to see whether a server takes anything. */
export const PROBE = "probe";
/** A text is not cut to less than this. */
const UNITS_MIN = 256;

/**
 * Embeds batches of texts by a server that may refuse some of them: mostly those that are longer than
 * its model's limit, in tokens that only it can count. Bisection finds them, so that they don't cost
 * the others their vectors; they are cut in half until they are taken.
 */
export class BatchBisection {
  readonly #ask: AskForVectors;
  /** The shortest text that was taken only when it was cut. */
  #longUnits = Infinity;

  constructor(ask: AskForVectors) {
    this.#ask = ask;
  }

  /**
   * @returns a vector for each text; null where the server takes not even its beginning
   * @throws what `ask` throws; {@linkcode TextsRefusedError} only if the server takes nothing at all
   */
  async embed(texts: readonly string[]): Promise<(TextVector | null)[]> {
    const found = new Array<TextVector | null>(texts.length).fill(null);
    const { short = [], long = [] } = Object.groupBy(
      texts.keys(),
      (index) => texts[index]!.length < this.#longUnits ? "short" : "long",
    );
    try {
      await this.#embedTogether(texts, short, found, true);
    } catch (refusal) {
      if (!(refusal instanceof TextsRefusedError)) throw refusal;
      await this.#ask([PROBE], false);
      await this.#embedApart(texts, short, found);
    }
    for (const index of long) {
      found[index] = await this.#embedBeginning(texts[index]!, texts[index]!.length);
    }
    return found;
  }

  async #embedTogether(
    texts: readonly string[],
    indexes: readonly number[],
    found: (TextVector | null)[],
    mayRetry: boolean,
  ): Promise<void> {
    if (indexes.length === 0) return;
    const vectors = await this.#ask(indexes.map((index) => texts[index]!), mayRetry);
    for (const [i, index] of indexes.entries()) {
      found[index] = { vector: vectors[i]!, units: texts[index]!.length };
    }
  }

  /** Finds out which of some texts are refused, and embeds the others, and the beginnings of these. */
  async #embedApart(
    texts: readonly string[],
    indexes: readonly number[],
    found: (TextVector | null)[],
  ): Promise<void> {
    if (indexes.length === 1) {
      const text = texts[indexes[0]!]!;
      found[indexes[0]!] = await this.#embedBeginning(text, text.length >> 1);
      return;
    }
    const middle = indexes.length >> 1;
    for (const half of [indexes.slice(0, middle), indexes.slice(middle)]) {
      try {
        await this.#embedTogether(texts, half, found, false);
      } catch (refusal) {
        if (!(refusal instanceof TextsRefusedError)) throw refusal;
        await this.#embedApart(texts, half, found);
      }
    }
  }

  /** As much of a text as is taken, at most `unitsMax`. */
  async #embedBeginning(text: string, unitsMax: number): Promise<TextVector | null> {
    for (let units = unitsMax; units === text.length || units >= UNITS_MIN; units >>= 1) {
      try {
        const [vector] = await this.#ask([text.slice(0, units).toWellFormed()], false);
        if (units < text.length) this.#longUnits = Math.min(this.#longUnits, units * 2);
        return { vector: vector!, units };
      } catch (refusal) {
        if (!(refusal instanceof TextsRefusedError)) throw refusal;
      }
    }
    return null;
  }
}
