import assert from "node:assert/strict";
import { Admission, type Priority } from "./admission.ts";
import { LlmBusyError } from "./errors.ts";

const NEVER = new AbortController().signal;

Deno.test("Admission runs few tasks at a time, in the order of their arrival", async () => {
  const admission = new Admission({ runningMax: 2, waitingMax: 10 });
  const started: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const third = Promise.withResolvers<void>();
  const tasks = gates.map((gate, i) =>
    admission.run(
      () => {
        started.push(i);
        if (i === 2) third.resolve();
        return gate.promise;
      },
      NEVER,
      "interactive",
    )
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
  const failing = admission.run(() => Promise.reject(new Error("failed")), NEVER, "interactive");
  const next = admission.run(() => Promise.resolve("done"), NEVER, "interactive");
  await assert.rejects(failing, /failed/);
  assert.equal(await next, "done");
  assert.equal(await admission.run(() => Promise.resolve("again"), NEVER, "interactive"), "again");
});

Deno.test("Admission gives the place of a task that no longer waits to another one", async () => {
  const admission = new Admission({ runningMax: 1, waitingMax: 1 });
  const gate = Promise.withResolvers<void>();
  const running = admission.run(() => gate.promise, NEVER, "interactive");
  const leaver = new AbortController();
  const leaving = admission.run(() => assert.fail("it must not run"), leaver.signal, "interactive");
  await assert.rejects(admission.run(() => Promise.resolve(), NEVER, "interactive"), LlmBusyError);
  leaver.abort(new Error("left"));
  await assert.rejects(leaving, /left/);
  const waiting = admission.run(() => Promise.resolve("done"), NEVER, "interactive");
  gate.resolve();
  await running;
  assert.equal(await waiting, "done");
});

Deno.test("Admission leaves half of the room to what somebody waits for, and takes that first", async () => {
  const admission = new Admission({ runningMax: 2, waitingMax: 1 });
  const started: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const run = (name: string, priority: Priority) => {
    gates.set(name, Promise.withResolvers());
    return admission.run(
      () => {
        started.push(name);
        return gates.get(name)!.promise;
      },
      NEVER,
      priority,
    );
  };
  const end = async (name: string, task: Promise<void>) => {
    gates.get(name)!.resolve();
    await task;
  };
  const first = run("background 1", "background");
  const second = run("background 2", "background");
  await assert.rejects(run("background 3", "background"), LlmBusyError);
  const third = run("interactive 1", "interactive");
  const fourth = run("interactive 2", "interactive");
  assert.deepEqual(started, ["background 1", "interactive 1"]);
  await end("background 1", first);
  assert.deepEqual(started.slice(2), ["interactive 2"]);
  await end("interactive 1", third);
  assert.deepEqual(started.slice(3), ["background 2"]);
  await Promise.all([end("interactive 2", fourth), end("background 2", second)]);
});
