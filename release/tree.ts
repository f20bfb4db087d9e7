/**
 * Writes the files that the compiled program consists of, and nothing else, into an empty folder:
 *
 *     deno run --allow-all release/tree.ts FOLDER
 *
 * `deno compile` embeds exactly these, and `deno run FOLDER/code/main.ts` runs them where they are.
 */
import { createHash } from "node:crypto";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { ensureLibrary } from "../ffi/build.ts";
import type { EmbeddedFile, EmbeddedLibraries } from "../ffi/extract_libraries.ts";
import { bundleProgram } from "./bundle.ts";
import { refuseMissingFiles } from "./bundle_checks.ts";
import { BundleError } from "./errors.ts";
import { LIBRARY_FILE, type NativePackage, nativePackages } from "./native_packages.ts";
import { licenceNotices, packageFolder, thirdParties, type ThirdParty } from "./third_party.ts";

const ROOT = join(import.meta.dirname!, "..");
const DIGEST_LETTERS = 16;
/** The time in every file's metadata, so that the same sources give the same executable. */
const MODIFIED = new Date(0);

/** The script that starts the program, relative to the tree. */
export const MAIN_SCRIPT = "code/main.ts";

/** What the executable will consist of. */
export interface Tree {
  /** The folder. */
  readonly root: string;
  /** Sorted by path, with `/` between names. */
  readonly files: readonly EmbeddedFile[];
  readonly parties: readonly ThirdParty[];
}

/**
 * Builds the tree. The same sources and dependencies give the same tree, byte by byte.
 *
 * @param root an empty folder, or a path at which there is none yet
 * @throws {BundleError} if the program can't be bundled or a file of it is missing
 * @throws {UnsupportedPlatformError} if there is no native code for this platform
 */
export async function writeTree(root: string): Promise<Tree> {
  const code = join(root, "code");
  await Deno.mkdir(code, { recursive: true });
  const packages = nativePackages(process.platform, process.arch);
  const names = packages.map(({ name }) => name);
  await bundleProgram(code, names);
  for (const native of packages) {
    await copyPackage(native, join(root, "node_modules", native.name));
  }
  const library = await ensureLibrary();
  await copy(library, join(code, relative(join(ROOT, "ffi"), library)));
  for (const file of ["consumer.py", "LICENSE"]) await copy(join(ROOT, file), join(root, file));
  await refuseMissingFiles(code);
  const parties = await thirdParties(code, names);
  await Deno.writeTextFile(join(root, "THIRD_PARTY_LICENSES.txt"), licenceNotices(parties));
  await writeJson(join(root, "package.json"), { private: true, type: "module" });
  // Without `unstable` features of the project: of "no-legacy-abort" the runtime of executables knows
  // nothing, there a request's signal is aborted after a whole answer, too.
  await writeJson(join(root, "deno.json"), { nodeModulesDir: "manual" });
  await writeJson(join(root, "libraries.json"), await embeddedLibraries(root));
  return { root, files: await finish(root), parties };
}

async function copyPackage({ name, files }: NativePackage, target: string): Promise<void> {
  const source = await packageFolder(name);
  let copied = 0;
  for await (const path of filesIn(source)) {
    if (!files.test(path)) continue;
    await copy(join(source, path), join(target, path));
    copied++;
  }
  await copy(join(source, "package.json"), join(target, "package.json"));
  if (copied === 0) {
    throw new BundleError(`the package ${name} has none of the files that are needed of it`, {
      hint: "its layout has changed: adapt native_packages.ts",
    });
  }
}

/** The ring's library comes first: it is the smallest. */
async function embeddedLibraries(root: string): Promise<Omit<EmbeddedLibraries, "source">> {
  const hash = createHash("sha256");
  const files = [];
  for await (const path of filesIn(root)) {
    if (!LIBRARY_FILE.test(path)) continue;
    const content = await Deno.readFile(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
    files.push({ path, sizeBytes: content.length });
  }
  files.sort((a, b) => a.sizeBytes - b.sizeBytes);
  return { digest: hash.digest("hex").slice(0, DIGEST_LETTERS), files };
}

async function finish(root: string): Promise<EmbeddedFile[]> {
  const files = [];
  for await (const path of filesIn(root)) {
    await Deno.utime(join(root, path), MODIFIED, MODIFIED);
    files.push({ path, sizeBytes: (await Deno.stat(join(root, path))).size });
  }
  return files;
}

/** Paths relative to the folder, `/` between names, sorted. */
async function* filesIn(folder: string, below = ""): AsyncGenerator<string> {
  const entries = await Array.fromAsync(Deno.readDir(join(folder, below)));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, isDirectory } of entries) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isDirectory) yield* filesIn(folder, path);
    else yield path;
  }
}

async function copy(source: string, target: string): Promise<void> {
  await Deno.mkdir(dirname(target), { recursive: true });
  await Deno.copyFile(source, target);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

if (import.meta.main) {
  const [root] = Deno.args;
  if (root === undefined) throw new Error("usage: release/tree.ts FOLDER");
  await writeTree(root);
}
