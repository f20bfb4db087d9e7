import assert from "node:assert/strict";
import { DeviceUnavailableError, ModelFileError } from "./errors.ts";
import { tinyEncoder } from "./fixtures.ts";
import { openSession } from "./session.ts";

const MODEL = tinyEncoder({ dimensions: 4 });

Deno.test("openSession falls back to the processor and says so", async () => {
  const { device, session } = await openSession(MODEL, { device: "auto", threads: 1 });
  assert.equal(device, "cpu");
  assert.deepEqual(session.outputNames, ["last_hidden_state"]);
});

Deno.test("openSession refuses a device that is not there, and says what to do", async () => {
  const absent = Deno.build.os === "darwin" ? "directml" : "coreml";
  await assert.rejects(openSession(MODEL, { device: absent, threads: 1 }), (error) => {
    assert.ok(error instanceof DeviceUnavailableError);
    assert.match(error.message, new RegExp(`^${absent} can't run`));
    assert.match(error.hint, /--device auto/);
    return true;
  });
});

Deno.test("openSession refuses an opset of the future, and says so in few words", async () => {
  const model = tinyEncoder({ dimensions: 4, opset: 99 });
  await assert.rejects(openSession(model, { device: "cpu", threads: 1 }), (error) => {
    assert.ok(error instanceof ModelFileError);
    assert.match(error.message, /^the model can't be loaded: ONNX Runtime .*Opset 99/);
    assert.match(error.hint, /older opset/);
    return true;
  });
});

Deno.test("openSession refuses what is no model", async () => {
  const text = new TextEncoder().encode("<html>404</html>");
  await assert.rejects(openSession(text, { device: "cpu", threads: 1 }), ModelFileError);
});
