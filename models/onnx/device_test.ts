import assert from "node:assert/strict";
import { devicesToTry } from "./device.ts";

Deno.test("devicesToTry takes what was asked for, and nothing else", () => {
  assert.deepEqual(devicesToTry("webgpu", "linux"), ["webgpu"]);
  assert.deepEqual(devicesToTry("cpu", "darwin"), ["cpu"]);
});

Deno.test("devicesToTry ends with the processor when it may choose", () => {
  for (const os of ["linux", "darwin", "windows", "freebsd"] as const) {
    assert.equal(devicesToTry("auto", os).at(-1), "cpu");
  }
  assert.equal(devicesToTry("auto", "darwin")[0], "coreml");
});
