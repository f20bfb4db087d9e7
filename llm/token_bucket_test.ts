import assert from "node:assert/strict";
import { TokenBucket } from "./token_bucket.ts";

function taken(bucket: TokenBucket, nowMs: number): number {
  let count = 0;
  while (bucket.take(nowMs)) count++;
  return count;
}

Deno.test("TokenBucket gives a minute's share at once, then as much as time has brought", () => {
  const bucket = new TokenBucket(60, 1_000);
  assert.equal(taken(bucket, 1_000), 60);
  assert.equal(taken(bucket, 1_999), 0);
  assert.equal(taken(bucket, 3_500), 2);
  assert.equal(taken(bucket, 4_000), 1);
});

Deno.test("TokenBucket saves no more than a minute's share", () => {
  const bucket = new TokenBucket(3, 0);
  assert.equal(taken(bucket, 3_600_000), 3);
});

Deno.test("TokenBucket leaves to others what is to be spared", () => {
  const bucket = new TokenBucket(4, 0);
  assert.deepEqual([1, 2, 3].map(() => bucket.take(0, 2)), [true, true, false]);
  assert.equal(taken(bucket, 0), 2);
});

Deno.test("TokenBucket of 0 gives none", () => {
  assert.equal(taken(new TokenBucket(0, 0), 3_600_000), 0);
});
