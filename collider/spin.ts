import { gaussianMatrix } from "./gaussian_matrix.ts";
import { EMBEDDING_DIMENSIONS } from "./layout.ts";

/** Seed of the projection. A part of the wire format: another one would turn every spin. */
export const SPIN_SEED = 0x5eed_c011;

/** No rotation: the spin of a frame without an embedding. */
export const IDENTITY: readonly number[] = [1, 0, 0, 0];

/** 1024×4, row-major; of doubles, because turning floats into them would take longer than the sums. */
const PROJECTION = Float64Array.from(gaussianMatrix(EMBEDDING_DIMENSIONS * 4, SPIN_SEED));

/**
 * Writes the spin of an embedding: its random projection to four dimensions (Johnson–Lindenstrauss),
 * normalised, as the quaternion (w, x, y, z). Since q and -q are the same rotation, its first
 * component that is not 0 is made positive: w ≥ 0. Near embeddings have near rotations. An embedding
 * that is all zero, or not finite, has the identity (1, 0, 0, 0).
 *
 * @param into receives the quaternion from index `to` on
 */
export function writeSpin(embedding: Float32Array, into: Float32Array, to: number): void {
  let w = 0, x = 0, y = 0, z = 0;
  for (let i = 0, p = 0; i < EMBEDDING_DIMENSIONS; i++, p += 4) {
    const value = embedding[i]!;
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
  const scale = ((w || x || y || z) < 0 ? -1 : 1) / norm;
  into[to] = Math.abs(w) / norm; // not w × scale: that may be -0
  into[to + 1] = x * scale;
  into[to + 2] = y * scale;
  into[to + 3] = z * scale;
}
