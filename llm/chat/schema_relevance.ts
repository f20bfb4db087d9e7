import { EMBEDDER, type EmbedderCode } from "../../collider/layout.ts";
import { LruMap } from "../../collider/lru_map.ts";
import { dotProduct } from "../../collider/dot_product.ts";
import type { Embed } from "../sentiment.ts";
import type { SchemaOutline } from "./chat_parts.ts";

/** Schemas that are to be compared with a message: their vectors are kept, 4 MiB of them. */
export const SCHEMAS_COMPARED_MAX = 1_024;
/** Schemas embedded for one message: the rest comes with the next ones. */
const EMBEDDED_PER_MESSAGE_MAX = 64;
/** A person waits for it. */
const EMBED_TIMEOUT_MS = 3_000;
const FIELDS_MAX = 30;
const TEXT_UNITS_MAX = 1_000;

/** A schema that is compared with a message. */
interface Candidate {
  readonly outline: SchemaOutline;
  /** What is embedded of it. */
  readonly text: string;
  readonly kept: Kept;
}

/** What is kept of a candidate. */
interface Kept {
  readonly words: readonly string[];
  /** Null until it was embedded. */
  embedded: Embedded | null;
}

/** A vector, and what made it: only those of the same embedder can be compared. */
interface Embedded {
  readonly embedder: EmbedderCode;
  readonly vector: Float32Array;
}

/**
 * Tells which event types matter for a message, by the similarity of their embeddings. Types that
 * have no vector yet come after those that have one, by the words that they have in common with the
 * message; so do all of them while nothing can be embedded.
 */
export class SchemaRelevance {
  readonly #embed: Embed;
  /** By the text that was embedded: a type whose fields change has another one. */
  readonly #kept = new LruMap<Kept>(SCHEMAS_COMPARED_MAX);
  /** The one that works now, as far as is known: what another has made is of no use. */
  #embedder: EmbedderCode = EMBEDDER.none;

  constructor(embed: Embed) {
    this.#embed = embed;
  }

  /**
   * The schemas, the most relevant first.
   *
   * @param outlines at most {@linkcode SCHEMAS_COMPARED_MAX}, or none is remembered for long
   */
  async sort(message: string, outlines: readonly SchemaOutline[]): Promise<SchemaOutline[]> {
    const words = new Set(wordsOf(message));
    const candidates = outlines
      .map((outline) => this.#candidate(outline))
      .map((candidate) => ({ candidate, common: commonWords(candidate, words) }))
      .sort((a, b) => b.common - a.common)
      .map(({ candidate }) => candidate);
    const direction = await this.#embedWith(message, candidates);
    const similarity = ({ kept: { embedded } }: Candidate) =>
      direction === null || embedded?.embedder !== direction.embedder
        ? -1
        : dotProduct(direction.vector, embedded.vector);
    return candidates
      .map((candidate) => ({ candidate, similarity: similarity(candidate) }))
      .sort((a, b) => b.similarity - a.similarity)
      .map(({ candidate }) => candidate.outline);
  }

  #candidate(outline: SchemaOutline): Candidate {
    const text = textOf(outline);
    const kept = this.#kept.getOrMake(text, () => ({ words: wordsOf(text), embedded: null }));
    return { outline, text, kept };
  }

  /**
   * Embeds the message, and the first candidates that have no vector of the same embedder yet.
   *
   * @returns the message's vector; null if there is none in time
   */
  async #embedWith(
    message: string,
    candidates: readonly Candidate[],
  ): Promise<Embedded | null> {
    const unknown = candidates
      .filter(({ kept: { embedded } }) => embedded?.embedder !== this.#embedder)
      .slice(0, EMBEDDED_PER_MESSAGE_MAX);
    const embedded = this.#embed([message, ...unknown.map(({ text }) => text)])
      .then(({ embedder, vectors: [direction, ...vectors] }) => {
        if (embedder === EMBEDDER.none) return null;
        this.#embedder = embedder;
        // What comes too late for this message is there for the next one. A copy: what is given is
        // part of an array with all of them.
        for (const [i, { kept }] of unknown.entries()) {
          kept.embedded = { embedder, vector: vectors[i]!.slice() };
        }
        return { embedder, vector: direction! };
      }, () => null);
    const expired = Promise.withResolvers<null>();
    const timer = setTimeout(() => expired.resolve(null), EMBED_TIMEOUT_MS);
    try {
      return await Promise.race([embedded, expired.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function commonWords({ kept }: Candidate, words: ReadonlySet<string>): number {
  return kept.words.filter((word) => words.has(word)).length;
}

/** As in `Car Insurance Request: model, year`. */
function textOf({ name, fields }: SchemaOutline): string {
  const words = name.replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|[._-]+/gu, " ");
  const list = fields.slice(0, FIELDS_MAX).join(", ");
  return `${words}: ${list}`.slice(0, TEXT_UNITS_MAX);
}

/** Without case and accents. */
function wordsOf(text: string): string[] {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ??
    [];
}
