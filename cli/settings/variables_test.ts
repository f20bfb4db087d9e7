import assert from "node:assert/strict";
import { join } from "node:path";
import { Variables } from "./variables.ts";

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "collider-variables-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("Variables reads .env, with quotes and comments", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, ".env");
    await Deno.writeTextFile(
      path,
      '# a\nCOLLIDER_HOST="::1" # b\nexport GATEWAY_TOKEN=t\nEMPTY=\n',
    );
    const variables = await Variables.read(folder);
    assert.deepEqual(variables.get("COLLIDER_HOST"), { text: "::1", path });
    assert.deepEqual(variables.get("GATEWAY_TOKEN"), { text: "t", path });
    assert.equal(variables.get("EMPTY"), null);
    assert.ok(variables.names().includes("GATEWAY_TOKEN"));
  });
});

Deno.test("Variables does without .env, and leaves a folder of that name alone", async () => {
  await inFolder(async (folder) => {
    assert.equal((await Variables.read(folder)).get("COLLIDER_NOTHING"), null);
    await Deno.mkdir(join(folder, ".env"));
    assert.equal((await Variables.read(folder)).get("COLLIDER_NOTHING"), null);
  });
});

Deno.test("Variables prefers the environment to .env", () => {
  const variables = new Variables({ A: "1" }, { path: "/.env", values: { A: "2", B: "3" } });
  assert.deepEqual(variables.get("A"), { text: "1", path: null });
  assert.deepEqual(variables.get("B"), { text: "3", path: "/.env" });
});
