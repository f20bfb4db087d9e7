/** The class that stands for no character. */
const BLANK = 0;
/**
 * Recognisers are shy of spaces and of accents, because they have seen few: what is this likely
 * besides the likeliest is taken instead. Where there is none, it is a third of that at most.
 */
const SPACE_PROBABILITY = 0.01;
const ACCENT_PROBABILITY = 0.04;

/** What a line says. */
export interface Reading {
  readonly text: string;
  /** Mean probability of its characters, 0 to 1. */
  readonly score: number;
}

/**
 * Reads what a network with a CTC head gives: the likeliest class of each step, where what stays the
 * same from step to step is one character, unless a blank comes in between.
 *
 * @see Graves et al., "Connectionist Temporal Classification", 2006
 */
export class CtcDecoder {
  readonly #characters: readonly string[];
  /** Class of the space; {@linkcode BLANK} if there is none. */
  readonly #space: number;
  /** Classes of a character's forms with an accent. */
  readonly #accented = new Map<number, number[]>();

  /** @param characters of the classes after the blank */
  constructor(characters: readonly string[]) {
    this.#characters = characters;
    this.#space = characters.indexOf(" ") + 1;
    const classOf = new Map(characters.map((character, i) => [character, i + 1]));
    for (const [i, character] of characters.entries()) {
      const [base, mark] = character.normalize("NFD");
      const baseClass = mark === undefined ? undefined : classOf.get(base!);
      if (baseClass === undefined) continue;
      this.#accented.set(baseClass, [...this.#accented.get(baseClass) ?? [], i + 1]);
    }
  }

  /** @param probabilities [steps, classes] */
  decode(probabilities: Float32Array, classes: number): Reading {
    let text = "";
    let sum = 0;
    let count = 0;
    let previous = BLANK;
    let isSpacePossible = false;
    for (let from = 0; from < probabilities.length; from += classes) {
      const step = probabilities.subarray(from, from + classes);
      const best = likeliest(step);
      if (best === BLANK || best === this.#space) {
        isSpacePossible ||= best === this.#space ||
          (this.#space !== BLANK && step[this.#space]! > SPACE_PROBABILITY);
      } else if (best !== previous) {
        if (isSpacePossible && text !== "") text += " ";
        isSpacePossible = false;
        text += this.#characters[this.#withAccent(step, best) - 1]!;
        sum += step[best]!;
        count++;
      }
      previous = best;
    }
    return { text, score: count === 0 ? 0 : sum / count };
  }

  #withAccent(step: Float32Array, best: number): number {
    let chosen = best;
    let highest = ACCENT_PROBABILITY;
    for (const variant of this.#accented.get(best) ?? []) {
      if (step[variant]! <= highest) continue;
      highest = step[variant]!;
      chosen = variant;
    }
    return chosen;
  }
}

function likeliest(step: Float32Array): number {
  let best = 0;
  for (let i = 1; i < step.length; i++) if (step[i]! > step[best]!) best = i;
  return best;
}
