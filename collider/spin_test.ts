import assert from "node:assert/strict";
import fc from "fast-check";
import { gaussianMatrix } from "./gaussian_matrix.ts";
import { EMBEDDING_DIMENSIONS } from "./layout.ts";
import { writeSpin } from "./spin.ts";

const vectors = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
  minLength: 1,
  maxLength: EMBEDDING_DIMENSIONS,
});

function embeddingOf(values: readonly number[]): Float32Array {
  const embedding = new Float32Array(EMBEDDING_DIMENSIONS);
  embedding.set(values);
  return embedding;
}

function spinOf(values: readonly number[]): number[] {
  const spin = new Float32Array(4);
  writeSpin(embeddingOf(values), spin, 0);
  return [...spin];
}

/** 1 for the same rotation; q and -q are the same one. */
function rotationCosine(p: readonly number[], q: readonly number[]): number {
  return Math.abs(p.reduce((sum, component, i) => sum + component * q[i]!, 0));
}

Deno.test("A spin is a unit quaternion with w ≥ 0", () => {
  fc.assert(fc.property(vectors, (values) => {
    const spin = spinOf(values);
    assert.ok(Math.abs(Math.hypot(...spin) - 1) < 1e-6, `norm ${Math.hypot(...spin)}`);
    assert.ok(spin[0]! >= 0 && !Object.is(spin[0], -0));
  }));
});

Deno.test("Opposite embeddings have the same spin", () => {
  fc.assert(fc.property(vectors, (values) => {
    const opposite = spinOf(values.map((value) => -value));
    assert.ok(spinOf(values).every((component, i) => component === opposite[i]));
  }));
});

Deno.test("The spin of a unit vector is its row of the matrix, normalised", () => {
  const row = [0.9148040413856506, 1.0478342771530151, -2.299046277999878, -0.27801695466041565];
  const norm = Math.hypot(...row);
  assert.deepEqual(spinOf([1]), row.map((value) => Math.fround(value / norm)));
  assert.deepEqual(spinOf([3]), spinOf([1]));
});

Deno.test("The spin of a dense embedding is what the recipe in docs/ring.md gives elsewhere", () => {
  // Computed from that recipe with NumPy.
  const expected = [
    0.9871983098510915,
    0.03251759891981135,
    -0.149963510182065,
    -0.0435091760610611,
  ];
  const dense = Array.from({ length: EMBEDDING_DIMENSIONS }, (_, i) => (i * 37) % 101 - 50);
  for (const [i, component] of spinOf(dense).entries()) {
    assert.ok(Math.abs(component - expected[i]!) < 1e-6, `component ${i} is ${component}`);
  }
});

Deno.test("Near embeddings have near rotations, unrelated ones do not", () => {
  const pairs = 100;
  let near = 0;
  let unrelated = 0;
  for (let seed = 1; seed <= pairs; seed++) {
    const [a, b] = [seed, seed + pairs].map((it) => gaussianMatrix(EMBEDDING_DIMENSIONS, it));
    const nearA = a!.map((value, i) => value + 0.1 * b![i]!); // at a cosine of about 0.995
    near += rotationCosine(spinOf([...a!]), spinOf([...nearA])) / pairs;
    unrelated += rotationCosine(spinOf([...a!]), spinOf([...b!])) / pairs;
  }
  assert.ok(near > 0.97, `near embeddings: ${near} on average`);
  assert.ok(unrelated < 0.6, `unrelated embeddings: ${unrelated} on average`);
});

Deno.test("Where w is 0, the next component that is not 0 is positive", () => {
  // Two rows, each times the other's w: these products of binary32 numbers cancel out exactly.
  const [w0, w1] = [0.9148040413856506, -1.8711491823196411];
  const [w, x] = spinOf([w1, -w0]);
  assert.ok(Object.is(w, 0));
  assert.ok(x! > 0);
  assert.deepEqual(spinOf([-w1, w0]), spinOf([w1, -w0]));
});

Deno.test("An embedding without direction has no rotation", () => {
  assert.deepEqual(spinOf([]), [1, 0, 0, 0]);
  assert.deepEqual(spinOf([NaN]), [1, 0, 0, 0]);
  assert.deepEqual(spinOf([Infinity]), [1, 0, 0, 0]);
});

Deno.test("A spin goes where it was told to, and nowhere else", () => {
  const into = new Float32Array(8).fill(7);
  writeSpin(embeddingOf([]), into, 2);
  assert.deepEqual([...into], [7, 7, 1, 0, 0, 0, 7, 7]);
});
