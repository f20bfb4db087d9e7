import { EMBEDDING_DIMENSIONS } from "./layout.ts";

const SEED = 0x5eed_c011;

/**
 * The fixed 1024×4 Gaussian matrix, row-major. Uniform numbers come from SplitMix32 with the seed
 * `0x5eedc011`; each pair (u, v) of them gives two normal ones by Box–Muller,
 * √(-2 ln u) · cos 2πv and √(-2 ln u) · sin 2πv, rounded to binary32.
 */
const PROJECTION: Float32Array = gaussianMatrix(EMBEDDING_DIMENSIONS * 4);

/**
 * Writes the spin of an embedding: its random projection to four dimensions (Johnson–Lindenstrauss),
 * normalised, as the quaternion (w, x, y, z) with w ≥ 0, since q and -q are the same rotation.
 * Near embeddings have near spins. An all-zero embedding has the identity (1, 0, 0, 0).
 *
 * @param floats holds the embedding from index `at` on
 * @param into receives the quaternion from index `to` on
 */
export function writeSpin(
  floats: Float32Array,
  at: number,
  into: Float32Array,
  to: number,
): void {
  let w = 0, x = 0, y = 0, z = 0;
  for (let i = 0, p = 0; i < EMBEDDING_DIMENSIONS; i++, p += 4) {
    const value = floats[at + i]!;
    w += value * PROJECTION[p]!;
    x += value * PROJECTION[p + 1]!;
    y += value * PROJECTION[p + 2]!;
    z += value * PROJECTION[p + 3]!;
  }
  const norm = Math.hypot(w, x, y, z);
  if (!(norm > 0 && Number.isFinite(norm))) {
    into.set(IDENTITY, to);
    return;
  }
  const scale = (w < 0 ? -1 : 1) / norm;
  into[to] = w * scale;
  into[to + 1] = x * scale;
  into[to + 2] = y * scale;
  into[to + 3] = z * scale;
}

/** No rotation: the spin of a frame without an embedding. */
export const IDENTITY: readonly number[] = [1, 0, 0, 0];

function gaussianMatrix(length: number): Float32Array {
  const next = splitMix32(SEED);
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
