import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { CircuitBreaker } from "./circuit_breaker.ts";
import { ModelFailedError, ModelTimeoutError, ModelUnavailableError } from "./errors.ts";
import { ProbedServer } from "./probed_server.ts";

const OPTIONS = { hint: "start it" };
/** More than a busy machine takes from one line to the next. */
const COOL_DOWN_MS = 300;

/** A server, and the probes that it was sent, which end when they are told to. */
function probedServer() {
  const probes: PromiseWithResolvers<void>[] = [];
  const server = new ProbedServer({
    name: "the server",
    hint: "start it",
    timeoutMs: 1_000,
    breaker: new CircuitBreaker({ failures: 2, coolDownMs: COOL_DOWN_MS }),
    probe: () => {
      probes.push(Promise.withResolvers());
      return probes.at(-1)!.promise;
    },
  });
  const isLeftOut = async () =>
    await server.run(() => Promise.resolve(false)).catch((error) => {
      assert.ok(error instanceof ModelUnavailableError);
      assert.match(error.message, /the server is left out/);
      return true;
    });
  return { server, probes, isLeftOut };
}

function fail(server: ProbedServer, error: Error): Promise<void> {
  return assert.rejects(server.run(() => Promise.reject(error)), error);
}

Deno.test("ProbedServer leaves out what failed a few times, until a probe has been answered", async () => {
  const { server, probes, isLeftOut } = probedServer();
  const failure = new ModelFailedError("it failed", OPTIONS);
  await fail(server, failure);
  assert.equal(await isLeftOut(), false);
  await fail(server, failure);
  await fail(server, failure);
  assert.equal(await isLeftOut(), true);
  assert.equal(probes.length, 0);
  await delay(COOL_DOWN_MS + 5);
  assert.equal(await isLeftOut(), true);
  assert.equal(probes.length, 1);
  probes[0]!.resolve();
  await delay(0);
  assert.equal(await isLeftOut(), false);
});

Deno.test("ProbedServer leaves out at once what did not answer in time", async () => {
  const { server, probes, isLeftOut } = probedServer();
  await fail(server, new ModelTimeoutError("it took too long", OPTIONS));
  assert.equal(await isLeftOut(), true);
  await delay(COOL_DOWN_MS + 5);
  assert.equal(await isLeftOut(), true);
  probes[0]!.reject(new ModelTimeoutError("it took too long", OPTIONS));
  await delay(0);
  assert.equal(await isLeftOut(), true);
  await delay(COOL_DOWN_MS + 5);
  assert.equal(await isLeftOut(), true);
  assert.equal(probes.length, 2);
  probes[1]!.resolve();
  await delay(0);
  assert.equal(await isLeftOut(), false);
});

Deno.test("ProbedServer tells a call that took too long from one that failed otherwise", () => {
  const { server } = probedServer();
  const cause = new Error("no such page");
  const never = new AbortController().signal;
  const failed = server.error(cause, never, ModelFailedError);
  assert.ok(failed instanceof ModelFailedError);
  assert.equal(failed.message, "the server failed: no such page");
  assert.deepEqual([failed.hint, failed.cause], ["start it", cause]);
  const late = server.error(cause, AbortSignal.abort(), ModelFailedError);
  assert.ok(late instanceof ModelTimeoutError);
  assert.equal(late.message, "the server failed: it did not answer within 1000 ms");
});
