/**
 * The lexical weights of a text by token id: of a token that occurs several times the highest, none
 * of special tokens or of no weight.
 *
 * @param weights of each token; what follows is padding
 * @see Chen et al., "M3-Embedding", 2024, section 3.2
 */
export function sparseWeights(
  ids: readonly number[],
  weights: Float32Array,
  specialIds: ReadonlySet<number>,
): Record<string, number> {
  const highest: Record<string, number> = {};
  for (const [i, id] of ids.entries()) {
    const weight = weights[i]!;
    if (weight > 0 && !specialIds.has(id) && weight > (highest[id] ?? 0)) highest[id] = weight;
  }
  return highest;
}
