import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gaussianMatrix } from "./gaussian_matrix.ts";
import { RING_DOCUMENT } from "./layout_docs.ts";
import { EMBEDDING_DIMENSIONS } from "./layout.ts";
import { SPIN_SEED } from "./spin.ts";

const LENGTH = EMBEDDING_DIMENSIONS * 4;

Deno.test("gaussianMatrix makes the matrix that docs/ring.md describes", async () => {
  const matrix = gaussianMatrix(LENGTH, SPIN_SEED);
  const digest = createHash("sha256").update(new Uint8Array(matrix.buffer)).digest("hex");
  assert.equal(digest, "dc576657a0b5dc1f56460af77899d9835f4eb6497fa688fcbb240b81ab6ca098");

  const first = Array.from(matrix.subarray(0, 4), (value) => value.toFixed(7));
  assert.deepEqual(first, ["0.9148040", "1.0478343", "-2.2990463", "-0.2780170"]);
  const document = await Deno.readTextFile(RING_DOCUMENT);
  assert.ok(document.includes(digest));
  assert.ok(document.includes(first.join(", ")));
});

Deno.test("gaussianMatrix has the mean and variance of a standard normal distribution", () => {
  let sum = 0;
  let squares = 0;
  const matrices = 50;
  for (let seed = 1; seed <= matrices; seed++) {
    for (const value of gaussianMatrix(LENGTH, seed * 7_919)) {
      sum += value;
      squares += value * value;
    }
  }
  const count = matrices * LENGTH;
  assert.ok(Math.abs(sum / count) < 5 / Math.sqrt(count), `mean ${sum / count}`);
  assert.ok(
    Math.abs(squares / count - 1) < 5 * Math.sqrt(2 / count),
    `variance ${squares / count}`,
  );
});
