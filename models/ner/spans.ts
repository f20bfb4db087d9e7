/** A run of words that the model takes for an entity. */
export interface Span {
  /** First word. */
  readonly first: number;
  /** Last word, inclusive. */
  readonly last: number;
  /** Index of the label. */
  readonly label: number;
  /** 0 to 1. */
  readonly score: number;
}

/** Size of a text's logits: words of the longest text in the batch, widest span, labels. */
export interface LogitShape {
  readonly words: number;
  readonly maxWidth: number;
  readonly labels: number;
}

/**
 * The spans of one text whose score is above the threshold.
 *
 * @param logits of the text: [words, maxWidth, labels]
 * @param wordCount words of this text
 */
export function scoreSpans(
  logits: Float32Array,
  { words, maxWidth, labels }: LogitShape,
  wordCount: number,
  threshold: number,
): Span[] {
  const spans: Span[] = [];
  for (let first = 0; first < Math.min(words, wordCount); first++) {
    for (let width = 0; width < maxWidth && first + width < wordCount; width++) {
      for (let label = 0; label < labels; label++) {
        const logit = logits[(first * maxWidth + width) * labels + label]!;
        const score = 1 / (1 + Math.exp(-logit));
        if (score > threshold) spans.push({ first, last: first + width, label, score });
      }
    }
  }
  return spans;
}

/**
 * Keeps the best of the spans that overlap, best first, and gives what is kept in the order of the
 * text.
 *
 * @see Zaratiana et al., "GLiNER: Generalist Model for Named Entity Recognition using Bidirectional
 *   Transformer", 2024, section 2.3
 */
export function chooseSpans(spans: readonly Span[]): Span[] {
  const kept: Span[] = [];
  for (const span of spans.toSorted((a, b) => b.score - a.score)) {
    const overlaps = kept.some(({ first, last }) => first <= span.last && span.first <= last);
    if (!overlaps) kept.push(span);
  }
  return kept.sort((a, b) => a.first - b.first);
}
