import { isBuiltin } from "node:module";
import { join } from "node:path";
import { BundleError } from "./errors.ts";

const CHUNK = /^\.\/[\w.-]+\.js$/;
const IMPORT = /^(?:import|export)\b[^"';]*?"([^"]+)"|\b__require\("([^"]+)"\)/gm;
/** A file that the code names by a URL. */
const FILE_URL = /new URL\("(\.{1,2}\/[^"]+)", import\.meta\.url\)/g;

/**
 * Makes sure that bundled code imports nothing but its own parts, what the runtime brings along, and
 * the packages beside it. Anything else would be looked for where others could put it.
 *
 * @param folder the bundled code
 * @param installed names of the packages beside it
 * @throws {BundleError} if it does
 */
export async function refuseOtherImports(
  folder: string,
  installed: readonly string[],
): Promise<void> {
  for await (const [name, code] of scriptsIn(folder)) {
    for (const [, imported, required] of code.matchAll(IMPORT)) {
      const specifier = (imported ?? required)!;
      if (CHUNK.test(specifier) || isBuiltin(specifier) || installed.includes(specifier)) continue;
      throw new BundleError(`${name} imports ${specifier}, which is not in the bundle`, {
        hint: "add its package to native_packages.ts if it has native code",
      });
    }
  }
}

/**
 * Makes sure that the files are there that bundled code names relative to itself.
 *
 * @throws {BundleError} if one is not
 */
export async function refuseMissingFiles(folder: string): Promise<void> {
  for await (const [name, code] of scriptsIn(folder)) {
    for (const [, url] of code.matchAll(FILE_URL)) {
      await Deno.stat(join(folder, url!)).catch((cause) => {
        throw new BundleError(`${name} names ${url}, which is not in the tree`, {
          hint: "copy it in tree.ts to where it is relative to cli/",
          cause,
        });
      });
    }
  }
}

async function* scriptsIn(folder: string): AsyncGenerator<[name: string, code: string]> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".js")) yield [name, await Deno.readTextFile(join(folder, name))];
  }
}
