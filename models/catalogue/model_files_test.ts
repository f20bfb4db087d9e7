import assert from "node:assert/strict";
import { join } from "node:path";
import type { FileRole } from "./catalogue.ts";
import { ModelMissingError } from "./errors.ts";
import { fakeHub } from "./fixtures.ts";
import { modelFiles } from "./model_files.ts";
import { ModelStore } from "./model_store.ts";

const ROLES = ["embedding-model", "tokenizer-model"] as const;

const OCR_ROLES = ["ocr-det-model", "ocr-rec-model", "ocr-dictionary"] as const;

async function emptyStore() {
  const directory = await Deno.makeTempDir({ prefix: "collider-models-" });
  return {
    directory,
    store: new ModelStore(directory),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** A store in which a model with these files is installed. */
async function storeWith(roles: readonly FileRole[]) {
  const directory = await Deno.makeTempDir({ prefix: "collider-models-" });
  const source = { repository: "someone/tiny", revision: "main" };
  const files = roles.map((role) => ({ source, path: role, sizeBytes: 1, role }));
  const store = new ModelStore(directory, [{ name: "tiny", about: "", licence: "MIT", files }]);
  await using hub = fakeHub(
    Object.fromEntries(
      roles.map((role) => [`/someone/tiny/resolve/main/${role}`, Uint8Array.of(1)]),
    ),
  );
  await store.pull("tiny", { hubUrl: hub.url });
  return {
    directory,
    store,
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
  const configured = { "embedding-model": "/nowhere.onnx", "tokenizer-model": "/nowhere.json" };
  await assert.rejects(modelFiles(place.store, configured, ROLES), (error) => {
    assert.ok(error instanceof ModelMissingError);
    assert.match(error.message, /--embedding-model, \/nowhere.onnx/);
    assert.match(error.hint, /collider models pull bge-m3`/);
    return true;
  });
});

Deno.test("modelFiles says which model to pull for the rest of what is configured", async () => {
  await using place = await emptyStore();
  const path = join(place.directory, "det.onnx");
  await Deno.writeTextFile(path, "");
  const half = modelFiles(place.store, { "ocr-det-model": path }, OCR_ROLES);
  await assert.rejects(half, { name: "ModelMissingError", hint: /collider models pull pp-ocrv5`/ });
});

Deno.test("modelFiles does not mix weights with another model's tokenizer", async () => {
  await using place = await storeWith(["embedding-model", "tokenizer-model"]);
  const path = join(place.directory, "own.onnx");
  await Deno.writeTextFile(path, "");
  const half = modelFiles(place.store, { "embedding-model": path }, ROLES);
  await assert.rejects(half, { name: "ModelMissingError", hint: /--tokenizer-model/ });
});

Deno.test("modelFiles takes the rest from the model that is installed", async () => {
  await using place = await storeWith(OCR_ROLES);
  const path = join(place.directory, "own.onnx");
  await Deno.writeTextFile(path, "");
  const files = await modelFiles(place.store, { "ocr-det-model": path }, OCR_ROLES);
  assert.deepEqual(files, {
    "ocr-det-model": path,
    "ocr-rec-model": join(place.directory, "tiny", "ocr-rec-model"),
    "ocr-dictionary": join(place.directory, "tiny", "ocr-dictionary"),
  });
});

Deno.test("modelFiles refuses addresses that are not encrypted", async () => {
  await using place = await emptyStore();
  const configured = {
    "embedding-model": "http://models.example/model.onnx",
    "tokenizer-model": "http://models.example/tokenizer.json",
  };
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
