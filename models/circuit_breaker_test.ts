import assert from "node:assert/strict";
import { CircuitBreaker } from "./circuit_breaker.ts";

function openBreaker(): CircuitBreaker {
  const breaker = new CircuitBreaker({ failures: 2, coolDownMs: 100 });
  breaker.fail(1_000);
  breaker.fail(1_000);
  return breaker;
}

Deno.test("CircuitBreaker stays closed below its number of failures", () => {
  const breaker = new CircuitBreaker({ failures: 2 });
  breaker.fail(0);
  assert.equal(breaker.allows(0), true);
});

Deno.test("CircuitBreaker counts only failures in a row", () => {
  const breaker = new CircuitBreaker({ failures: 2 });
  for (let i = 0; i < 5; i++) {
    breaker.fail(0);
    breaker.succeed();
  }
  assert.equal(breaker.allows(0), true);
});

Deno.test("CircuitBreaker lets nothing through while it is open", () => {
  const breaker = openBreaker();
  assert.equal(breaker.allows(1_000), false);
  assert.equal(breaker.allows(1_099), false);
});

Deno.test("CircuitBreaker lets one attempt through after the cool-down", () => {
  const breaker = openBreaker();
  assert.equal(breaker.allows(1_100), true);
  assert.equal(breaker.allows(1_100), false);
});

Deno.test("CircuitBreaker closes when the attempt succeeds", () => {
  const breaker = openBreaker();
  assert.equal(breaker.allows(1_100), true);
  breaker.succeed();
  assert.equal(breaker.allows(1_100), true);
  assert.equal(breaker.allows(1_100), true);
});

Deno.test("CircuitBreaker opens anew when the attempt fails", () => {
  const breaker = openBreaker();
  assert.equal(breaker.allows(1_100), true);
  breaker.fail(1_150);
  assert.equal(breaker.allows(1_249), false);
  assert.equal(breaker.allows(1_250), true);
});

Deno.test("CircuitBreaker lets another attempt through when one is never answered", () => {
  const breaker = openBreaker();
  assert.equal(breaker.allows(1_100), true);
  assert.equal(breaker.allows(1_200), true);
});

Deno.test("CircuitBreaker can be opened at once", () => {
  const breaker = new CircuitBreaker({ failures: 5, coolDownMs: 100 });
  breaker.open(1_000);
  assert.equal(breaker.stateAt(1_099), "open");
  assert.equal(breaker.stateAt(1_100), "half_open");
  breaker.succeed();
  assert.equal(breaker.stateAt(1_100), "closed");
});

Deno.test("CircuitBreaker tells its state", () => {
  const breaker = new CircuitBreaker({ failures: 2, coolDownMs: 100 });
  breaker.fail(1_000);
  assert.deepEqual([breaker.stateAt(1_000), breaker.failures], ["closed", 1]);
  breaker.fail(1_000);
  assert.deepEqual([breaker.stateAt(1_099), breaker.openUntilMs], ["open", 1_100]);
  assert.equal(breaker.stateAt(1_100), "half_open");
  breaker.succeed();
  assert.deepEqual([breaker.stateAt(1_100), breaker.failures], ["closed", 0]);
});

Deno.test("CircuitBreaker gives a pause that it is asked for, at the first failure", () => {
  const breaker = new CircuitBreaker({ failures: 2, coolDownMs: 100 });
  breaker.fail(1_000, 500);
  assert.equal(breaker.allows(1_499), false);
  breaker.fail(1_000); // one that was under way
  assert.equal(breaker.allows(1_499), false, "a shorter pause took its place");
  assert.equal(breaker.allows(1_500), true);
});
