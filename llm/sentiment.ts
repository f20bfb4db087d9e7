import type { EmbedderCode } from "../collider/layout.ts";
import type { TextVectors } from "../models/embed_client.ts";
import { INTENT_ANCHORS, SENTIMENT_ANCHORS } from "./anchors.ts";
import { dotProduct } from "../collider/dot_product.ts";

/** What a message seems to mean. */
export interface Classification {
  /** The nearest intent, PascalCase; null if none is near. */
  readonly intent: string | null;
  /** -1 to 1. */
  readonly sentiment: number;
  /** How sure the intent is, or the sentiment where there is no intent, 0 to 1. */
  readonly confidence: number;
}

/** Embeds texts; all vectors are of the same length, and zeros where there is nothing to embed. */
export type Embed = (texts: readonly string[]) => Promise<TextVectors>;

/** What is said of a message of which nothing is known. */
export const UNCLASSIFIED: Classification = { intent: null, sentiment: 0, confidence: 0 };

/** Cosine similarities differ little between texts: this is how much makes one e times as likely. */
const TEMPERATURE = 0.05;
/** No intent is near that is not this similar, and this likely among all of them. */
const INTENT_COSINE_MIN = 0.5;
const INTENT_SHARE_MIN = 0.5;

const ANCHORS = [...SENTIMENT_ANCHORS, ...INTENT_ANCHORS];

interface AnchorVector {
  readonly label: string;
  /** Of norm 1. */
  readonly vector: Float32Array;
}

interface Likelihood {
  readonly label: string;
  /** With the nearest of the label's anchors. */
  readonly cosine: number;
  /** Of all labels together 1. */
  readonly share: number;
}

/**
 * Without a language model: sentiment and intent of messages by the similarity of their embeddings
 * to those of texts whose meaning is known, in English and Portuguese.
 */
export class AnchorClassifier {
  /** What embedded the known texts. */
  readonly embedder: EmbedderCode;
  readonly #anchors: readonly AnchorVector[];

  private constructor(embedder: EmbedderCode, anchors: readonly AnchorVector[]) {
    this.embedder = embedder;
    this.#anchors = anchors;
  }

  /**
   * Embeds the texts whose meaning is known.
   *
   * @throws what `embed` throws
   */
  static async open(embed: Embed): Promise<AnchorClassifier> {
    const { embedder, vectors } = await embed(ANCHORS.map(({ text }) => text));
    return new AnchorClassifier(
      embedder,
      ANCHORS.map(({ label }, i) => ({ label, vector: normalised(vectors[i]!) })),
    );
  }

  /**
   * What a message seems to mean, by its embedding; {@linkcode UNCLASSIFIED} where that is all zero.
   *
   * @param vector made by the same {@linkcode embedder}
   */
  classify(vector: Float32Array): Classification {
    return classifyVector(vector, this.#anchors);
  }
}

function classifyVector(vector: Float32Array, anchors: readonly AnchorVector[]): Classification {
  const direction = normalised(vector);
  if (direction.every((value) => value === 0)) return UNCLASSIFIED;
  const sentiments = likelihoods(direction, anchors.slice(0, SENTIMENT_ANCHORS.length));
  const [intent] = likelihoods(direction, anchors.slice(SENTIMENT_ANCHORS.length));
  const shareOf = (wanted: string) => sentiments.find(({ label }) => label === wanted)!.share;
  const hasIntent = intent!.cosine >= INTENT_COSINE_MIN && intent!.share >= INTENT_SHARE_MIN;
  return {
    intent: hasIntent ? intent!.label : null,
    sentiment: shareOf("positive") - shareOf("negative"),
    confidence: hasIntent ? intent!.share : sentiments[0]!.share,
  };
}

/** How likely each label is, by a softmax over the similarities; the likeliest first. */
function likelihoods(direction: Float32Array, anchors: readonly AnchorVector[]): Likelihood[] {
  const cosines = new Map<string, number>();
  for (const { label, vector } of anchors) {
    cosines.set(label, Math.max(cosines.get(label) ?? -1, dotProduct(direction, vector)));
  }
  const weights = Array.from(cosines, ([label, cosine]) => ({
    label,
    cosine,
    weight: Math.exp(cosine / TEMPERATURE),
  }));
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  return weights
    .map(({ label, cosine, weight }) => ({ label, cosine, share: weight / sum }))
    .sort((a, b) => b.share - a.share);
}

/** Zeros where there is no direction. */
function normalised(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(dotProduct(vector, vector));
  return norm > 0 && norm < Infinity
    ? vector.map((value) => value / norm)
    : new Float32Array(vector.length);
}
