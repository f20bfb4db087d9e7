/**
 * Writes a vector with the L2 norm 1 to `floats[offset]` and what follows; NaN where it has none,
 * since all is 0 or something is no number.
 *
 * @param vector may be the place itself
 */
export function writeNormalised(
  vector: readonly number[] | Float32Array,
  floats: Float32Array,
  offset: number,
): void {
  const norm = Math.hypot(...vector);
  for (let i = 0; i < vector.length; i++) floats[offset + i] = vector[i]! / norm;
}
