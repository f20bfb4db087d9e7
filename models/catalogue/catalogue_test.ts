import assert from "node:assert/strict";
import { CATALOGUE } from "./catalogue.ts";

Deno.test("CATALOGUE names every model once", () => {
  const names = CATALOGUE.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});

Deno.test("CATALOGUE has files only below their model's folder, each once", () => {
  for (const { name, files } of CATALOGUE) {
    const paths = files.map(({ path }) => path);
    assert.deepEqual(paths, [...new Set(paths)], name);
    for (const path of paths) assert.match(path, /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/);
  }
});

Deno.test("CATALOGUE pins by their hashes the files that are not on the hub", () => {
  for (const { source, path, sha256 } of CATALOGUE.flatMap(({ files }) => files)) {
    if (sha256 !== undefined) assert.match(sha256, /^[0-9a-f]{64}$/, path);
    if ("url" in source) {
      assert.equal(new URL(source.url).protocol, "https:");
      assert.notEqual(sha256, undefined, path);
    }
  }
});

Deno.test("CATALOGUE gives the files together that only work together", () => {
  const together = [
    ["embedding-model", "tokenizer-model"],
    ["gliner-model", "gliner-tokenizer", "gliner-config"],
    ["ocr-det-model", "ocr-rec-model", "ocr-dictionary"],
    ["ocr-layout-model"],
    ["ocr-table-model"],
  ];
  const roles = CATALOGUE.map(({ files }) => files.flatMap(({ role }) => role ?? []));
  for (const group of together) assert.ok(roles.some((has) => has.join() === group.join()));
  assert.ok(roles.every((has) => together.some((group) => has.join() === group.join())));
});
