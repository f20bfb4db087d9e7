/**
 * The dot product of two vectors of the same length.
 *
 * In four sums, which don't wait for each other: a single one takes several times as long.
 */
export function dotProduct(a: Float32Array, b: Float32Array): number {
  const end = a.length - a.length % 4;
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  for (let i = 0; i < end; i += 4) {
    sum0 += a[i]! * b[i]!;
    sum1 += a[i + 1]! * b[i + 1]!;
    sum2 += a[i + 2]! * b[i + 2]!;
    sum3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = end; i < a.length; i++) sum0 += a[i]! * b[i]!;
  return sum0 + sum1 + (sum2 + sum3);
}
