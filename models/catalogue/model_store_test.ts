import assert from "node:assert/strict";
import { join } from "node:path";
import type { CatalogueModel } from "./catalogue.ts";
import { ChecksumError, DiskSpaceError, UnknownModelError } from "./errors.ts";
import { fakeHub, type HubFaults, namesIn } from "./fixtures.ts";
import { ModelStore } from "./model_store.ts";

const WEIGHTS = Uint8Array.from({ length: 50_000 }, (_, i) => i % 251);
const TOKENIZER = new TextEncoder().encode('{"version":"1.0"}');
const TINY = { repository: "someone/tiny", revision: "main" };
const MODEL: CatalogueModel = {
  name: "tiny",
  about: "a model of nothing",
  licence: "MIT",
  files: [
    { source: TINY, path: "onnx/model.onnx", sizeBytes: WEIGHTS.length, role: "embedding-model" },
    {
      source: TINY,
      path: "tokenizer.json",
      sizeBytes: TOKENIZER.length,
      role: "tokenizer-model",
    },
  ],
};
const FILES = {
  "/someone/tiny/resolve/main/onnx/model.onnx": WEIGHTS,
  "/someone/tiny/resolve/main/tokenizer.json": TOKENIZER,
};

/** An empty store, and a hub with the tiny model. */
async function withHub(faults: HubFaults = {}, model: CatalogueModel = MODEL) {
  const directory = await Deno.makeTempDir({ prefix: "collider-models-" });
  const hub = fakeHub(FILES, faults);
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

Deno.test("ModelStore.pull installs a model's files, and keeps their hashes", async () => {
  await using place = await withHub();
  assert.deepEqual(await place.store.installed(), []);
  const installed = await place.pull();
  const modelPath = join(place.directory, "tiny", "onnx", "model.onnx");
  assert.deepEqual(await Deno.readFile(modelPath), WEIGHTS);
  const { sizeBytes, source, hashFrom } = installed.files[0]!;
  assert.equal(sizeBytes, WEIGHTS.length);
  assert.equal(source, "someone/tiny@main");
  assert.equal(hashFrom, "hub");
  assert.deepEqual(await place.store.installed(), [installed]);
  assert.deepEqual(await place.store.verify("tiny"), []);
  assert.deepEqual(await place.store.filesFor("embedding-model"), {
    "embedding-model": modelPath,
    "tokenizer-model": join(place.directory, "tiny", "tokenizer.json"),
  });
  assert.equal(await place.store.filesFor("gliner-model"), null);
});

Deno.test("ModelStore.pull fetches nothing again that is installed, unless it was changed", async () => {
  await using place = await withHub();
  const installed = await place.pull();
  const before = place.hub.requests.length;
  assert.deepEqual(await place.pull(), installed);
  assert.equal(place.hub.requests.length, before);
  await Deno.writeTextFile(join(place.directory, "tiny", "tokenizer.json"), "{}");
  await place.pull();
  assert.deepEqual(await place.store.verify("tiny"), []);
});

Deno.test("ModelStore.pull replaces a model when the catalogue has another version", async () => {
  await using place = await withHub();
  await place.pull();
  const former = await place.store.filesFor("embedding-model");
  const files = [{ ...MODEL.files[0]!, path: "onnx/other.onnx" }];
  const store = new ModelStore(place.directory, [{ ...MODEL, files }]);
  assert.deepEqual(await store.filesFor("embedding-model"), former, "the old one works on");
  await using hub = fakeHub({ "/someone/tiny/resolve/main/onnx/other.onnx": TOKENIZER });
  await store.pull("tiny", { ...place.options, hubUrl: hub.url });
  assert.deepEqual(await store.filesFor("embedding-model"), {
    "embedding-model": join(place.directory, "tiny", "onnx", "other.onnx"),
  });
  assert.deepEqual(await namesIn(join(place.directory, "tiny")), ["installed.json", "onnx"]);
});

Deno.test("ModelStore.pull installs nothing until all is there", async () => {
  await using place = await withHub({
    partFault: (request) => request < 5 ? null : { cutAfterBytes: 0 },
  });
  const { hub, store, pull } = place;
  await assert.rejects(pull(), { name: "DownloadError" });
  assert.deepEqual(await store.installed(), []);
  assert.equal(await store.filesFor("embedding-model"), null);
  const before = hub.ranges().length;
  delete hub.faults.partFault;
  await pull();
  assert.equal(hub.ranges().length - before, 1, "more than the tokenizer was asked for");
  assert.deepEqual(await store.verify("tiny"), []);
});

Deno.test("ModelStore.pull holds the catalogue's hash against the hub's word", async () => {
  const [weights, ...others] = MODEL.files;
  const files = [{ ...weights!, sha256: "0".repeat(64) }, ...others];
  await using place = await withHub({}, { ...MODEL, files });
  await assert.rejects(place.pull(), ChecksumError);
});

Deno.test("ModelStore.pull sends the token to the hub, not to other addresses", async () => {
  await using other = fakeHub({ "/tokenizer.json": TOKENIZER });
  const [weights, tokenizer] = MODEL.files;
  const source = { url: `${other.url}/tokenizer.json` };
  await using place = await withHub({}, {
    ...MODEL,
    files: [weights!, { ...tokenizer!, source }],
  });
  await place.store.pull("tiny", { ...place.options, token: "hf_secret" });
  assert.equal(place.hub.requests[0]!.authorization, "Bearer hf_secret");
  assert.ok(other.requests.length > 0);
  assert.ok(other.requests.every(({ authorization }) => authorization === null));
});

Deno.test("ModelStore.pull finds out before it begins that there is no room", async () => {
  const files = [{ source: TINY, path: "onnx/model.onnx", sizeBytes: 1e18 }];
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

Deno.test("ModelStore.remove removes what an interrupted pull has left", async () => {
  await using place = await withHub({ partFault: () => ({ cutAfterBytes: 0 }) });
  await assert.rejects(place.pull(), { name: "DownloadError" });
  await place.store.remove("tiny");
  assert.deepEqual(await namesIn(join(place.directory, ".pulling")), ["tiny.lock"]);
});
