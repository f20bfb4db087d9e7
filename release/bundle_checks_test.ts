import assert from "node:assert/strict";
import { join } from "node:path";
import { refuseMissingFiles, refuseOtherImports } from "./bundle_checks.ts";
import { BundleError } from "./errors.ts";

/** A folder with one script, removed with it. */
async function bundled(code: string) {
  const root = await Deno.makeTempDir({ prefix: "collider-bundle-" });
  const folder = join(root, "code");
  await Deno.mkdir(folder);
  await Deno.writeTextFile(join(folder, "main.js"), code);
  return { root, folder, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}

Deno.test("refuseOtherImports lets code import its parts, builtins and what is installed", async () => {
  await using bundle = await bundled(`
import "./chunk-A1.js";
import {
  join
} from "node:path";
import sharp from "sharp";
var tls = __require("tls");
const text = 'import x from "text"';
`);
  await refuseOtherImports(bundle.folder, ["sharp"]);
});

Deno.test("refuseOtherImports refuses a package that is nowhere, however it is imported", async () => {
  for (
    const code of [
      `import x from "left";`,
      `import {\n  x\n} from "left";`,
      `export * from "left";`,
      `import "left";`,
      `var x = __require("left");`,
      `import "../left.js";`,
    ]
  ) {
    await using bundle = await bundled(code);
    await assert.rejects(refuseOtherImports(bundle.folder, ["sharp"]), (error: unknown) => {
      assert.ok(error instanceof BundleError);
      assert.match(error.message, /main\.js imports .*left/);
      return true;
    });
  }
});

Deno.test("refuseMissingFiles asks for every file that code names by a URL", async () => {
  await using bundle = await bundled(`read(new URL("../consumer.py", import.meta.url));`);
  await assert.rejects(refuseMissingFiles(bundle.folder), /main\.js names \.\.\/consumer\.py/);
  await Deno.writeTextFile(join(bundle.root, "consumer.py"), "");
  await refuseMissingFiles(bundle.folder);
});
