import assert from "node:assert/strict";
import type { CatalogueModel } from "../models/catalogue/catalogue.ts";
import { fakeHub, type HubFaults, namesIn } from "../models/catalogue/fixtures.ts";

/** Five parts of 16 MiB, the last a byte long: one more than are fetched at once. */
const WEIGHTS = new Uint8Array((64 << 20) + 1).map((_, i) => i % 251);
const CATALOGUE: readonly CatalogueModel[] = [{
  name: "tiny",
  about: "a model of nothing",
  licence: "MIT",
  files: [{
    source: { repository: "someone/tiny", revision: "main" },
    path: "onnx/model.onnx",
    sizeBytes: WEIGHTS.length,
    role: "embedding-model",
  }],
}];
/** A process of its own, because it can be killed. */
const PROGRAM = `
  import { modelsCommand } from ${JSON.stringify(import.meta.resolve("./models.ts"))};
  await modelsCommand(${JSON.stringify(CATALOGUE)}).parseAsync(Deno.args, { from: "user" });
`;

async function withHub(faults: HubFaults = {}) {
  const dataDir = await Deno.makeTempDir({ prefix: "collider-cli-models-" });
  const hub = fakeHub({ "/someone/tiny/resolve/main/onnx/model.onnx": WEIGHTS }, faults);
  const models = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", PROGRAM, ...args, "--data-dir", dataDir],
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    });
  return {
    dataDir,
    hub,
    hubFlags: ["--hub-url", hub.url, "--hub-token", "hf_secret"],
    models,
    run: async (...args: string[]) => {
      const { code, stdout, stderr } = await models(...args).output();
      const decoder = new TextDecoder();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    },
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

Deno.test("collider models pulls, lists, verifies and removes a model", async () => {
  await using place = await withHub();
  const pulled = await place.run("pull", "tiny", ...place.hubFlags);
  assert.equal(pulled.code, 0, pulled.stderr);
  assert.match(pulled.stderr, /^model\.onnx ━+ 100 % 67\.1 of 67\.1 MB/);
  assert.match(
    pulled.stdout,
    /^tiny is installed in .+; its hashes are those that the hub told\n$/,
  );
  assert.equal(place.hub.requests[0]!.authorization, "Bearer hf_secret");
  assert.match((await place.run("list")).stdout, /^tiny +68 MB {2}installed {2}a model of nothing/);
  assert.equal((await place.run("verify")).stdout, "tiny: as it was installed\n");

  await Deno.writeTextFile(`${place.dataDir}/models/tiny/onnx/model.onnx`, "");
  const changed = await place.run("verify");
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /^tiny: onnx\/model\.onnx was changed; run `collider models pull/);

  assert.equal((await place.run("remove", "tiny")).stdout, "tiny is removed\n");
  assert.doesNotMatch((await place.run("list")).stdout, /installed/);
});

Deno.test("collider models pull goes on after it was killed", async () => {
  // The fifth is not asked for before another one is on the disk.
  await using place = await withHub({ partFault: (request) => request < 4 ? null : "stall" });
  const process = place.models("pull", "tiny", ...place.hubFlags).spawn();
  await place.hub.stalled;
  process.kill("SIGKILL");
  await process.output();
  assert.deepEqual(await namesIn(`${place.dataDir}/models`), [".pulling"]);
  delete place.hub.faults.partFault;
  const before = place.hub.ranges().length;
  const { code, stderr } = await place.run("pull", "tiny", ...place.hubFlags);
  assert.equal(code, 0, stderr);
  assert.ok(place.hub.ranges().length - before < 5, "it began anew");
  assert.equal((await place.run("verify")).code, 0);
});

Deno.test("collider models pull refuses an address that is none", async () => {
  await using place = await withHub();
  const { code, stderr } = await place.run("pull", "tiny", "--hub-url", "mirror");
  assert.equal(code, 1);
  assert.match(stderr, /It must be an address that begins with http:\/\//);
});
