import { type Encoding, Tokenizer } from "tokenizers";
import { ModelFileError } from "./errors.ts";

/** A text in a model's tokens. */
export interface TokenizedText {
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
  /** Whether the text is longer than the model's limit, and was cut. */
  readonly isTruncated: boolean;
}

const PAD_TOKENS = ["<pad>", "[PAD]"];

/** Cuts texts into the tokens of a model, at most so many of a text. */
export class TextTokenizer {
  /** Token that fills up a row; attention is never paid to it. */
  readonly padId: number;
  /** Tokens that no text is made of: `[CLS]`, `<s>` and the like. */
  readonly specialIds: ReadonlySet<number>;
  /** The last of its tokens. */
  readonly lastId: number;
  readonly #tokenizer: Tokenizer;

  private constructor(tokenizer: Tokenizer, specialIds: ReadonlySet<number>) {
    this.#tokenizer = tokenizer;
    this.specialIds = specialIds;
    this.lastId = tokenizer.getVocabSize() - 1;
    this.padId = PAD_TOKENS
      .map((token) => tokenizer.tokenToId(token))
      .find((id) => id !== null) ?? 0;
  }

  /**
   * Loads a `tokenizer.json`; blocks for up to a second.
   *
   * @param maxTokens special tokens counted
   * @throws {ModelFileError} if it is missing or no tokenizer
   */
  static async open(path: string, maxTokens: number): Promise<TextTokenizer> {
    let tokenizer: Tokenizer;
    let specialIds: Set<number>;
    try {
      const json = await Deno.readTextFile(path);
      tokenizer = Tokenizer.fromString(json);
      specialIds = specialIdsOf(JSON.parse(json));
    } catch (cause) {
      const isMissing = cause instanceof Deno.errors.NotFound;
      throw new ModelFileError(
        isMissing ? `the tokenizer ${path} is missing` : `the tokenizer ${path} can't be loaded`,
        { hint: "give the model's tokenizer.json with --tokenizer-model", cause },
      );
    }
    tokenizer.disablePadding();
    tokenizer.setTruncation(maxTokens);
    return new TextTokenizer(tokenizer, specialIds);
  }

  /** Tokenizes texts, special tokens included. */
  async tokenize(texts: readonly string[]): Promise<TokenizedText[]> {
    const encodings: Encoding[] = await this.#tokenizer.encodeBatch([...texts]);
    return encodings.map((encoding) => ({
      ids: encoding.getIds(),
      typeIds: encoding.getTypeIds(),
      isTruncated: encoding.getOverflowing().length > 0,
    }));
  }
}

function specialIdsOf(
  { added_tokens: added = [] }: { added_tokens?: { id: number; special: boolean }[] },
): Set<number> {
  return new Set(added.filter(({ special }) => special).map(({ id }) => id));
}
