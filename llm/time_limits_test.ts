import assert from "node:assert/strict";
import { LlmTimeoutError } from "./errors.ts";
import { CallTimer } from "./time_limits.ts";

const LONG_MS = 60_000;

function aborted({ signal }: CallTimer): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
}

Deno.test("CallTimer aborts when the call takes too long", async () => {
  using timer = new CallTimer(1);
  timer.awaitToken(LONG_MS);
  assert.ok(await aborted(timer) instanceof LlmTimeoutError);
});

Deno.test("CallTimer aborts when a token does not come", async () => {
  using timer = new CallTimer(LONG_MS);
  timer.awaitToken(LONG_MS);
  timer.awaitToken(1);
  assert.match(String(await aborted(timer)), /next token within 1 ms/);
});

Deno.test("CallTimer aborts with its caller's reason", () => {
  const caller = new AbortController();
  using timer = new CallTimer(LONG_MS, caller.signal);
  caller.abort("enough");
  assert.equal(timer.signal.reason, "enough");
});

Deno.test("CallTimer leaves no timer behind", { sanitizeOps: true }, () => {
  using timer = new CallTimer(LONG_MS);
  timer.awaitToken(LONG_MS);
});
