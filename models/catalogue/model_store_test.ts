import assert from "node:assert/strict";
import { join } from "node:path";
import type { CatalogueModel } from "./catalogue.ts";
import { ChecksumError, DiskSpaceError, DownloadError, UnknownModelError } from "./errors.ts";
import { fakeHub, type HubFaults } from "./fixtures.ts";
import { ModelStore } from "./model_store.ts";

const WEIGHTS = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
const TOKENIZER = new TextEncoder().encode('{"version":"1.0"}');
const MODEL: CatalogueModel = {
  name: "tiny",
  about: "a model of nothing",
  repository: "someone/tiny",
  revision: "main",
  licence: "MIT",
  files: [
    { path: "onnx/model.onnx", sizeBytes: WEIGHTS.length, role: "embedding-model" },
    { path: "tokenizer.json", sizeBytes: TOKENIZER.length, role: "tokenizer-model" },
  ],
};
const FILES = {
  "/someone/tiny/resolve/main/onnx/model.onnx": WEIGHTS,
  "/someone/tiny/resolve/main/tokenizer.json": TOKENIZER,
};

/** An empty store, and a hub with the tiny model. */
async function withHub(faults: HubFaults = {}, model: CatalogueModel = MODEL) {
  const directory = await Deno.makeTempDir({ prefix: "collider-models-" });
  const hub = await fakeHub(FILES, faults);
  const store = new ModelStore(directory, [model]);
  const options = { hubUrl: hub.url, partBytes: 10_000, backoffMs: 1 };
  return {
    directory,
    hub,
    store,
    options,
    pull: () => store.pull("tiny", options),
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test("ModelStore.pull installs a model's files, in parts, with their hashes", async () => {
  await using place = await withHub();
  assert.deepEqual(await place.store.installed(), []);
  const installed = await place.pull();
  const modelPath = join(place.directory, "tiny", "onnx", "model.onnx");
  assert.deepEqual(await Deno.readFile(modelPath), WEIGHTS);
  assert.equal(installed.files[0]!.sizeBytes, WEIGHTS.length);
  assert.deepEqual(await place.store.installed(), [installed]);
  assert.deepEqual(await place.store.verify("tiny"), []);
  assert.deepEqual(await place.store.filesFor("embedding-model"), {
    "embedding-model": modelPath,
    "tokenizer-model": join(place.directory, "tiny", "tokenizer.json"),
  });
  const ranges = place.hub.cdnRequests.filter(({ range }) => range !== null);
  assert.equal(ranges.length, 10);
});

Deno.test("ModelStore.pull goes on where answers were cut off", async () => {
  await using place = await withHub({ cutAfterBytes: [0, 1, 9_999, 5_000] });
  await place.pull();
  assert.deepEqual(await place.store.verify("tiny"), []);
});

Deno.test("ModelStore.pull takes up what an earlier attempt has left", async () => {
  await using place = await withHub();
  const { hub, store, options } = place;
  const stop = new AbortController();
  let parts = 0;
  const interrupted = store.pull("tiny", {
    ...options,
    signal: stop.signal,
    onProgress: () => {
      if (++parts === 6) stop.abort(new Error("enough"));
    },
  });
  await assert.rejects(interrupted, /enough/);
  assert.deepEqual(await store.installed(), []);
  const before = hub.cdnRequests.length;
  const progress: number[] = [];
  await store.pull("tiny", { ...options, onProgress: (_path, done) => progress.push(done) });
  assert.ok(progress[0]! > 0, "it began anew");
  const again = hub.cdnRequests.slice(before).filter(({ range }) => range !== null);
  assert.ok(again.length < 10, `${again.length} parts were asked for again`);
  assert.deepEqual(await store.verify("tiny"), []);
});

Deno.test("ModelStore.pull refuses contents whose hash is another one, and keeps nothing", async () => {
  await using place = await withHub({ lieAboutContents: true });
  await assert.rejects(place.pull(), ChecksumError);
  assert.deepEqual(await place.store.installed(), []);
  place.hub.faults.lieAboutContents = false;
  await place.pull();
  assert.deepEqual(await place.store.verify("tiny"), []);
});

Deno.test("ModelStore.pull holds the catalogue's hash against the hub's word", async () => {
  const [weights, ...others] = MODEL.files;
  const files = [{ ...weights!, sha256: "0".repeat(64) }, ...others];
  await using place = await withHub({}, { ...MODEL, files });
  await assert.rejects(place.pull(), ChecksumError);
});

Deno.test("ModelStore.pull refuses a size that is not true", async () => {
  await using place = await withHub({ lieAboutSize: 1_000 });
  await assert.rejects(place.pull(), DownloadError);
  assert.deepEqual(await place.store.installed(), []);
});

Deno.test("ModelStore.pull works without ranges", async () => {
  await using place = await withHub({ hasRanges: false });
  await place.pull();
  assert.deepEqual(await place.store.verify("tiny"), []);
});

Deno.test("ModelStore.pull gives the token to the hub and to nobody else", async () => {
  await using place = await withHub();
  await place.store.pull("tiny", { ...place.options, token: "hf_secret" });
  const seen = (
    requests: readonly { authorization: string | null }[],
  ) => [...new Set(requests.map(({ authorization }) => authorization))];
  assert.deepEqual(seen(place.hub.requests), ["Bearer hf_secret"]);
  assert.deepEqual(seen(place.hub.cdnRequests), [null]);
});

Deno.test("ModelStore.pull says what a refusal means", async () => {
  for (
    const [status, hint] of [[401, /HF_TOKEN/], [404, /--hub-url/], [429, /wait/], [500, /later/]]
  ) {
    await using place = await withHub({ statuses: [status as number] });
    await assert.rejects(place.pull(), (error) => {
      assert.ok(error instanceof DownloadError);
      assert.match(error.hint, hint as RegExp);
      return true;
    });
  }
});

Deno.test("ModelStore.pull finds out before it begins that there is no room", async () => {
  const files = [{ path: "onnx/model.onnx", sizeBytes: 1e18 }];
  await using place = await withHub({}, { ...MODEL, files });
  await assert.rejects(place.pull(), DiskSpaceError);
  assert.deepEqual(place.hub.requests, []);
});

Deno.test("ModelStore.pull lets one process at a time install a model", async () => {
  await using place = await withHub();
  const results = await Promise.allSettled([place.pull(), place.pull()]);
  const failed = results.filter(({ status }) => status === "rejected");
  assert.equal(failed.length, 1);
  assert.equal((failed[0] as PromiseRejectedResult).reason.name, "ModelLockedError");
});

Deno.test("ModelStore.verify tells what was changed or removed", async () => {
  await using place = await withHub();
  await place.pull();
  const folder = join(place.directory, "tiny");
  await Deno.writeTextFile(join(folder, "tokenizer.json"), "{}");
  await Deno.remove(join(folder, "onnx", "model.onnx"));
  assert.deepEqual(await place.store.verify("tiny"), [
    "onnx/model.onnx is missing",
    "tokenizer.json was changed",
  ]);
});

Deno.test("ModelStore.remove removes a model, and says if there is none", async () => {
  await using place = await withHub();
  await place.pull();
  await place.store.remove("tiny");
  assert.deepEqual(await place.store.installed(), []);
  await assert.rejects(place.store.remove("tiny"), UnknownModelError);
  await assert.rejects(place.store.pull("huge"), {
    name: "UnknownModelError",
    hint: "choose one of tiny",
  });
});
