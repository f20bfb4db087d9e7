import assert from "node:assert/strict";
import { Admission } from "./admission.ts";
import { LlmBusyError } from "./errors.ts";

const NEVER = new AbortController().signal;

Deno.test("Admission runs few tasks at a time, in the order of their arrival", async () => {
  const admission = new Admission({ runningMax: 2, waitingMax: 10 });
  const started: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const third = Promise.withResolvers<void>();
  const tasks = gates.map((gate, i) =>
    admission.run(() => {
      started.push(i);
      if (i === 2) third.resolve();
      return gate.promise;
    }, NEVER)
  );
  assert.deepEqual(started, [0, 1]);
  gates[1]!.resolve();
  await third.promise;
  assert.deepEqual(started, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all(tasks);
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
});

Deno.test("Admission goes on after a task that failed", async () => {
  const admission = new Admission({ runningMax: 1, waitingMax: 1 });
  const failing = admission.run(() => Promise.reject(new Error("failed")), NEVER);
  const next = admission.run(() => Promise.resolve("done"), NEVER);
  await assert.rejects(failing, /failed/);
  assert.equal(await next, "done");
  assert.equal(await admission.run(() => Promise.resolve("again"), NEVER), "again");
});

Deno.test("Admission gives the place of a task that no longer waits to another one", async () => {
  const admission = new Admission({ runningMax: 1, waitingMax: 1 });
  const gate = Promise.withResolvers<void>();
  const running = admission.run(() => gate.promise, NEVER);
  const leaver = new AbortController();
  const leaving = admission.run(() => assert.fail("it must not run"), leaver.signal);
  await assert.rejects(admission.run(() => Promise.resolve(), NEVER), LlmBusyError);
  leaver.abort(new Error("left"));
  await assert.rejects(leaving, /left/);
  const waiting = admission.run(() => Promise.resolve("done"), NEVER);
  gate.resolve();
  await running;
  assert.equal(await waiting, "done");
});
