import assert from "node:assert/strict";
import { join } from "node:path";
import { ModelMissingError } from "./errors.ts";
import { fakeHub } from "./fixtures.ts";
import { modelFiles } from "./model_files.ts";
import { ModelStore } from "./model_store.ts";

const ROLES = ["embedding-model", "tokenizer-model"] as const;

async function emptyStore() {
  const directory = await Deno.makeTempDir({ prefix: "collider-models-" });
  return {
    directory,
    store: new ModelStore(directory),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

Deno.test("modelFiles finds nothing where nothing is configured or installed", async () => {
  await using place = await emptyStore();
  assert.equal(await modelFiles(place.store, {}, ROLES), null);
});

Deno.test("modelFiles takes the files that are configured", async () => {
  await using place = await emptyStore();
  const paths = {
    "embedding-model": join(place.directory, "model.onnx"),
    "tokenizer-model": join(place.directory, "tokenizer.json"),
  };
  for (const path of Object.values(paths)) await Deno.writeTextFile(path, "{}");
  assert.deepEqual(await modelFiles(place.store, paths, ROLES), paths);
});

Deno.test("modelFiles says which model to pull for a file that is not there", async () => {
  await using place = await emptyStore();
  const missing = modelFiles(place.store, { "embedding-model": "/nowhere.onnx" }, ROLES);
  await assert.rejects(missing, (error) => {
    assert.ok(error instanceof ModelMissingError);
    assert.match(error.message, /--embedding-model, \/nowhere.onnx/);
    assert.match(error.hint, /collider models pull bge-m3`/);
    return true;
  });
});

Deno.test("modelFiles says which file of a configured model is not configured", async () => {
  await using place = await emptyStore();
  const path = join(place.directory, "model.onnx");
  await Deno.writeTextFile(path, "{}");
  const half = modelFiles(place.store, { "embedding-model": path }, ROLES);
  await assert.rejects(half, { name: "ModelMissingError", hint: /--tokenizer-model/ });
});

Deno.test("modelFiles refuses addresses that are not encrypted", async () => {
  await using place = await emptyStore();
  const configured = { "embedding-model": "http://models.example/model.onnx" };
  await assert.rejects(modelFiles(place.store, configured, ROLES), /not encrypted/);
});

Deno.test("modelFiles downloads the file of an address once", async () => {
  await using place = await emptyStore();
  await using hub = fakeHub({
    "/model.onnx": Uint8Array.of(1, 2, 3),
    "/t.json": new Uint8Array(1),
  });
  const configured = {
    "embedding-model": `${hub.url}/model.onnx`,
    "tokenizer-model": `${hub.url}/t.json`,
  };
  const files = await modelFiles(place.store, configured, ROLES);
  assert.deepEqual(await Deno.readFile(files!["embedding-model"]), Uint8Array.of(1, 2, 3));
  const before = hub.requests.length;
  assert.deepEqual(await modelFiles(place.store, configured, ROLES), files);
  assert.equal(hub.requests.length, before);
});
