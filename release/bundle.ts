import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { refuseOtherImports } from "./bundle_checks.ts";
import { BundleError } from "./errors.ts";

const ROOT = join(import.meta.dirname!, "..");
/** Folders without code of the program. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(["node_modules", "release", "tests", "dist"]);
/** A worker's script is named by a URL, where the bundler does not see it. */
const WORKER_URL = /new URL\("(\.[^"]+_worker\.ts)", import\.meta\.url\)/g;

/**
 * Bundles the program with all its workers, as JavaScript in one flat folder: as many folders below
 * the tree's root as `cli/` is below the sources', so that URLs of files mean the same in both.
 *
 * For every script `x.js` that a thread starts with there is an `x.ts`, which loads `native_hook.js`
 * before it; this is the name by which the sources know their workers.
 *
 * @param output an existing, empty folder
 * @param external packages that are not bundled
 * @throws {BundleError} if the bundler fails, or another package is still imported
 */
export async function bundleProgram(output: string, external: readonly string[]): Promise<void> {
  const threads = ["main.ts", ...await workerScripts()];
  const names = threads.map((script) => basename(script, ".ts"));
  if (new Set(names).size < names.length) {
    throw new BundleError(`two of these have the same name: ${threads.join(", ")}`, {
      hint: "rename one",
    });
  }
  const entries = await Deno.makeTempDir({ prefix: "collider-bundle-" });
  try {
    for (const script of ["release/native_hook.ts", ...threads]) {
      const url = pathToFileURL(join(ROOT, script)).href;
      await Deno.writeTextFile(join(entries, basename(script)), `import "${url}";\n`);
    }
    await runBundler(entries, output, external);
  } finally {
    await Deno.remove(entries, { recursive: true });
  }
  await refuseOtherImports(output, external);
  for (const name of names) {
    await Deno.writeTextFile(
      join(output, `${name}.ts`),
      `import "./native_hook.js";\nimport "./${name}.js";\n`,
    );
  }
}

async function runBundler(
  entries: string,
  output: string,
  external: readonly string[],
): Promise<void> {
  const scripts = [];
  for await (const { name } of Deno.readDir(entries)) scripts.push(join(entries, name));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--frozen", "--config", join(ROOT, "deno.json")],
      ...["--platform=deno", "--code-splitting", "--outdir", output],
      ...external.map((name) => `--external=${name}`),
      ...scripts.sort(),
    ],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new BundleError(`the program can't be bundled:\n${new TextDecoder().decode(stderr)}`, {
    hint: "the bundler, esbuild, comes from the npm registry the first time it is used",
  });
}

/** Paths of all scripts that the program starts workers with, relative to the sources. */
async function workerScripts(): Promise<string[]> {
  const scripts = new Set<string>();
  for await (const path of sourceFiles(ROOT)) {
    for (const [, script] of (await Deno.readTextFile(path)).matchAll(WORKER_URL)) {
      scripts.add(relative(ROOT, join(path, "..", script!)));
    }
  }
  return [...scripts].sort();
}

async function* sourceFiles(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) {
      if (!name.startsWith(".") && !OTHER_FOLDERS.has(name)) yield* sourceFiles(path);
    } else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) {
      yield path;
    }
  }
}
