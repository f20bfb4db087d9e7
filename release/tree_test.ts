import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PAYLOAD_MAX_BYTES, payloadTable, totalBytes } from "./payload.ts";
import { PERMISSION_FLAGS } from "./permissions.ts";
import { billOfMaterials } from "./third_party.ts";
import { type Tree, writeTree } from "./tree.ts";

/** Two trees of the same sources, in a folder that is removed with them. */
async function twoTrees() {
  const folder = await Deno.makeTempDir({ prefix: "collider-trees-" });
  const trees = [await writeTree(join(folder, "1")), await writeTree(join(folder, "2"))] as const;
  return {
    folder,
    trees,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function digestsOf({ root, files }: Tree): Promise<string[]> {
  return await Promise.all(files.map(async ({ path }) => {
    const content = await Deno.readFile(join(root, path));
    return `${createHash("sha256").update(content).digest("hex")} ${path}`;
  }));
}

/** Runs a script inside a tree, with what the executable may do. */
async function runIn({ root }: Tree, script: string, cache: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...PERMISSION_FLAGS, "--ext=js", "-"],
    cwd: root,
    env: { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(script));
  await input.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("the executable's files", async (t) => {
  await using both = await twoTrees();
  const { folder, trees: [tree, again] } = both;

  await t.step("are the same whenever they are made of the same sources", async () => {
    assert.deepEqual(await digestsOf(tree), await digestsOf(again));
  });

  await t.step("are not too large", () => {
    assert.ok(totalBytes(tree.files) < PAYLOAD_MAX_BYTES, payloadTable(tree.files));
  });

  await t.step("come with the licence and the hash of every package in them", async () => {
    const notices = await Deno.readTextFile(join(tree.root, "THIRD_PARTY_LICENSES.txt"));
    const bill = JSON.stringify(billOfMaterials(tree.parties));
    for (const name of ["hono", "zod", "onnxruntime-node", "@duckdb/node-api"]) {
      const party = tree.parties.find((party) => party.name === name);
      assert.ok(party, `${name} is not among the parts`);
      assert.ok(notices.includes(`${name}@${party.version} (`), name);
      assert.ok(bill.includes(party.sha512), name);
    }
  });

  await t.step("load every native part, and nothing from around them", async () => {
    await Deno.mkdir(join(folder, "node_modules", "planted"), { recursive: true });
    await Deno.writeTextFile(join(folder, "node_modules", "planted", "index.js"), "");
    const said = await runIn(
      tree,
      `
        import "./code/native_hook.js";
        import { createRequire } from "node:module";
        const { default: duckdb } = await import("@duckdb/node-bindings");
        const { InferenceSession } = await import("onnxruntime-node");
        const { Tokenizer } = await import("tokenizers");
        const { default: sharp } = await import("sharp");
        const { PDFiumLibrary } = await import("@hyzyla/pdfium");
        (await PDFiumLibrary.init()).destroy();
        const parts = [duckdb.open, InferenceSession.create, Tokenizer.fromString, sharp.versions];
        let planted = "not found";
        try { createRequire(import.meta.resolve("sharp"))("planted"); planted = "loaded"; } catch {}
        console.log(parts.every((part) => part !== undefined), planted);`,
      join(folder, "cache"),
    );
    assert.equal(said, "true not found");
  });
});
