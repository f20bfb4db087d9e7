import assert from "node:assert/strict";
import { requestIdempotencyKey } from "./idempotency_key.ts";

Deno.test("requestIdempotencyKey prefers Idempotency-Key to webhook-id and tells them apart", () => {
  const both = new Headers({ "Idempotency-Key": "a", "webhook-id": "b" });
  assert.equal(requestIdempotencyKey(both, null), "key:a");
  assert.equal(requestIdempotencyKey(new Headers({ "webhook-id": "a" }), null), "webhook:a");
});

Deno.test("requestIdempotencyKey keeps the webhooks of verified sources apart", () => {
  const headers = new Headers({ "webhook-id": "a" });
  assert.equal(requestIdempotencyKey(headers, "shop"), "signed:shop|a");
});

Deno.test("requestIdempotencyKey takes an empty header for none", () => {
  assert.equal(requestIdempotencyKey(new Headers(), null), null);
  assert.equal(requestIdempotencyKey(new Headers({ "idempotency-key": " " }), null), null);
});

Deno.test("requestIdempotencyKey refuses more than 512 characters", () => {
  const headers = (length: number) => new Headers({ "idempotency-key": "k".repeat(length) });
  assert.equal(requestIdempotencyKey(headers(512), null)?.length, 516);
  assert.throws(() => requestIdempotencyKey(headers(513), null), {
    path: "idempotency-key",
    status: 400,
  });
});
