import assert from "node:assert/strict";
import { join } from "node:path";
import { ConfigFileError } from "../errors.ts";
import { closestName, readConfigFile } from "./config_file.ts";

const KEYS = ["host", "port", "ring-capacity", "webhook-secret"];

async function withFile(text: string, test: (path: string, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "collider-config-" });
  const path = join(folder, "collider.toml");
  try {
    await Deno.writeTextFile(path, text);
    await test(path, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function read(givenPath: string | null, dataDirectory = "/nowhere") {
  return readConfigFile({ givenPath, dataDirectory, knownKeys: KEYS });
}

Deno.test("readConfigFile finds collider.toml in the data directory", async () => {
  await withFile('port = 9400\nhost = "::1"\n', async (path, folder) => {
    const file = await read(null, folder);
    assert.deepEqual({ ...file, values: { ...file?.values } }, {
      path,
      values: { port: 9400, host: "::1" },
    });
  });
});

Deno.test("readConfigFile finds nothing where there is nothing", async () => {
  assert.equal(await read(null), null);
});

Deno.test("readConfigFile does not go on without the file that was given", async () => {
  await assert.rejects(read("/nowhere/collider.toml"), (error: ConfigFileError) => {
    assert.ok(error instanceof ConfigFileError);
    assert.match(error.message, /\/nowhere\/collider\.toml is not there/);
    assert.match(error.hint, /--config/);
    return true;
  });
});

Deno.test("readConfigFile names an unknown key, its file and what was meant", async () => {
  for (
    const [key, meant] of [
      ["ring_capacity", "ring-capacity"],
      ["ringCapacity", "ring-capacity"],
      ["prot", "port"],
    ] as const
  ) {
    await withFile(`${key} = 1\n`, async (path) => {
      await assert.rejects(read(path), {
        message: `${path}: there is no setting "${key}"`,
        hint: `Did you mean ${meant}? \`collider config show\` lists the settings.`,
      });
    });
  }
});

Deno.test("readConfigFile says where the TOML is wrong, and repeats no secret", async () => {
  await withFile('host = "::1"\nwebhook-secret = whsec_abc\n', async (path) => {
    await assert.rejects(read(path), (error: Error) => {
      assert.match(error.message, /collider\.toml, line 2, column \d+: /);
      assert.doesNotMatch(error.message, /whsec_abc/);
      return true;
    });
  });
});

Deno.test("closestName suggests nothing that is not alike", () => {
  assert.equal(closestName("llm", KEYS), null);
  assert.equal(closestName("password", KEYS), null);
  assert.equal(closestName("prt", KEYS), "port");
});
