/**
 * A matrix of standard normal numbers, the same for the same seed in any language: uniform numbers
 * come from SplitMix32, and each pair (u, v) of them gives two normal ones by Box–Muller,
 * √(-2 ln u) · cos 2πv and √(-2 ln u) · sin 2πv. They are computed in binary64; rounding them to
 * binary32 hides the last bit, in which mathematical libraries differ.
 *
 * @param length of the matrix, rows × columns; even
 */
export function gaussianMatrix(length: number, seed: number): Float32Array<ArrayBuffer> {
  const next = splitMix32(seed);
  const matrix = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(next()));
    const angle = 2 * Math.PI * next();
    matrix[i] = radius * Math.cos(angle);
    matrix[i + 1] = radius * Math.sin(angle);
  }
  return matrix;
}

/** Uniform numbers in (0, 1): SplitMix with a state and finaliser of 32 bits (MurmurHash3's). */
function splitMix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    return ((mixed >>> 0) + 0.5) / 2 ** 32;
  };
}
