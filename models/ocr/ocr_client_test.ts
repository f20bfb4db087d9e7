import assert from "node:assert/strict";
import { ModelFailedError, ModelWorkerError } from "../errors.ts";
import { OcrClient } from "./ocr_client.ts";

const SETTINGS = {
  kind: "vision",
  baseUrl: "http://127.0.0.1:1/v1",
  model: "none",
  timeoutMs: 1_000,
} as const;

/** Reads documents of one byte: 0 is none, and it dies of 255. */
const MORTAL_WORKER = new URL(
  `data:text/javascript,${
    encodeURIComponent(`
  postMessage({ kind: "ready", about: { device: null } });
  onmessage = ({ data: { id, request } }) => {
    if (request === undefined) return;
    const [byte] = request;
    if (byte === 255) throw new Error("out of memory");
    if (byte === 0) postMessage({ kind: "failed", id, reason: "no image" });
    const page = { width: 1, height: 1, lines: [], markdown: String(byte) };
    postMessage({ kind: "done", id, result: [page] });
  };`)
  }`,
);

Deno.test("OcrClient hands a document over without a copy, and of a part of some memory a copy", async () => {
  const client = await OcrClient.start(SETTINGS, { workerUrl: MORTAL_WORKER });
  const whole = Uint8Array.of(7);
  const part = Uint8Array.of(8, 9).subarray(1);
  assert.equal((await client.read(whole))[0]!.markdown, "7");
  assert.equal((await client.read(part))[0]!.markdown, "9");
  assert.deepEqual([whole.byteLength, part.byteLength], [0, 1]);
  await client.close();
});

Deno.test("OcrClient restarts a worker that a document has killed, and reads those after it", async () => {
  const client = await OcrClient.start(SETTINGS, { workerUrl: MORTAL_WORKER, backoffMs: 20 });
  const markdownOf = async (byte: number) => {
    const [page] = await client.read(Uint8Array.of(byte));
    return page!.markdown;
  };
  for (let i = 0; i < 3; i++) {
    assert.equal(await markdownOf(7), "7");
    await assert.rejects(markdownOf(0), ModelFailedError);
    await assert.rejects(markdownOf(255), ModelWorkerError);
    assert.equal(await markdownOf(8), "8");
  }
  await client.close();
});
