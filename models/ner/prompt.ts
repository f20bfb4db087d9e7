import { type Encoding, Tokenizer } from "tokenizers";
import { ModelFileError } from "../onnx/errors.ts";
import { noRoomBeside } from "./labels.ts";
import type { Word } from "./words.ts";

/** A text behind the labels that are looked for in it, in the model's tokens. */
export interface Prompt {
  readonly ids: readonly number[];
  /** For each token: n + 1 if it is the first of the text's word n, else 0. */
  readonly wordStarts: readonly number[];
  /** Words of the text that are in it. */
  readonly wordCount: number;
  /** Whether the text was cut to {@linkcode PROMPT_TOKENS_MAX}. */
  readonly isTruncated: boolean;
}

/**
 * Most tokens of a prompt. A word can have any number of them, and attention takes memory and time by
 * their square: 1.1 GB and 10 s for as many as this, on two cores, with a model of GLiNER multi's size.
 */
export const PROMPT_TOKENS_MAX = 2_048;

/** The special tokens around the whole prompt are put there once. */
const WORD_BY_WORD = { addSpecialTokens: false };

/** Makes prompts: `<<ENT>> label … <<SEP>> word …`, tokenized word by word. */
export class PromptTokenizer {
  readonly padId: number;
  readonly #tokenizer: Tokenizer;
  readonly #entityToken: string;
  readonly #separatorToken: string;
  /** Special tokens before and after every sequence: `[CLS]` and `[SEP]`. */
  readonly #start: readonly number[];
  readonly #end: readonly number[];

  private constructor(
    tokenizer: Tokenizer,
    entityToken: string,
    separatorToken: string,
    around: readonly number[],
  ) {
    this.#tokenizer = tokenizer;
    this.#entityToken = entityToken;
    this.#separatorToken = separatorToken;
    this.#start = around.slice(0, 1);
    this.#end = around.slice(1);
    this.padId = tokenizer.tokenToId("[PAD]") ?? 0;
  }

  /** @throws {ModelFileError} if it is missing, no tokenizer, or does not know the two tokens */
  static async open(
    path: string,
    entityToken: string,
    separatorToken: string,
  ): Promise<PromptTokenizer> {
    let tokenizer;
    try {
      tokenizer = Tokenizer.fromFile(path);
    } catch (cause) {
      throw new ModelFileError(`the tokenizer ${path} can't be loaded`, {
        hint: "give the GLiNER model's tokenizer.json with --gliner-tokenizer",
        cause,
      });
    }
    for (const token of [entityToken, separatorToken]) {
      if (tokenizer.tokenToId(token) !== null) continue;
      throw new ModelFileError(`the tokenizer ${path} does not know ${token}`, {
        hint: "give the tokenizer.json that was exported with the GLiNER model",
      });
    }
    tokenizer.disablePadding();
    tokenizer.disableTruncation();
    const empty: Encoding = await tokenizer.encode("");
    return new PromptTokenizer(tokenizer, entityToken, separatorToken, empty.getIds());
  }

  /**
   * @param labels each once
   * @param words at least one
   * @throws {InvalidLabelsError} if the labels leave no room for the text
   */
  async tokenize(labels: readonly string[], words: readonly Word[]): Promise<Prompt> {
    const before = [...labels.flatMap((label) => [this.#entityToken, label]), this.#separatorToken];
    const sequence = [...before, ...words.map(({ text }) => text)];
    const encodings: Encoding[] = await this.#tokenizer.encodeBatch(sequence, WORD_BY_WORD);
    const ids = [...this.#start];
    const wordStarts = this.#start.map(() => 0);
    const endAt = PROMPT_TOKENS_MAX - this.#end.length;
    let wordCount = 0;
    let isTruncated = false;
    for (const [i, encoding] of encodings.entries()) {
      const word = i - before.length + 1;
      const tokens = encoding.getIds();
      const room = endAt - ids.length;
      isTruncated = room === 0 || tokens.length > room;
      if (room === 0) break;
      for (const [k, id] of tokens.slice(0, room).entries()) {
        ids.push(id);
        wordStarts.push(k === 0 && word > 0 ? word : 0);
      }
      wordCount = Math.max(0, word);
    }
    if (wordCount === 0) throw noRoomBeside(PROMPT_TOKENS_MAX);
    ids.push(...this.#end);
    wordStarts.push(...this.#end.map(() => 0));
    return { ids, wordStarts, wordCount, isTruncated };
  }
}
