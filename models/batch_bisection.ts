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
    const longUnits = this.#longUnits;
    const short = await this.#embedTogether(texts.filter(({ length }) => length < longUnits), true);
    const found: (TextVector | null)[] = [];
    for (const text of texts) {
      const isShort = text.length < longUnits;
      found.push(isShort ? short.shift()! : await this.#embedBeginning(text, text.length));
    }
    return found;
  }

  /**
   * Embeds texts in one request. If that is refused, finds out by halving them which ones are.
   *
   * @param isFirst whether it is not known yet that the server takes anything
   */
  async #embedTogether(
    texts: readonly string[],
    isFirst: boolean,
  ): Promise<(TextVector | null)[]> {
    if (texts.length === 0) return [];
    try {
      const vectors = await this.#ask(texts, isFirst);
      return texts.map(({ length }, i) => ({ vector: vectors[i]!, units: length }));
    } catch (refusal) {
      if (!(refusal instanceof TextsRefusedError)) throw refusal;
    }
    if (isFirst) await this.#ask([PROBE], false);
    const [text = ""] = texts;
    if (texts.length === 1) return [await this.#embedBeginning(text, text.length >> 1)];
    const middle = texts.length >> 1;
    return [
      ...await this.#embedTogether(texts.slice(0, middle), false),
      ...await this.#embedTogether(texts.slice(middle), false),
    ];
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
