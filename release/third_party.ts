import { join } from "node:path";
import project from "../deno.json" with { type: "json" };

const ROOT = join(import.meta.dirname!, "..");
const MODULES = join(ROOT, "node_modules");
/** The bundler says of each module where it is from. */
const BUNDLED_MODULE =
  /node_modules\/\.deno\/([^/\s"]+)\/node_modules\/((?:@[^/\s"]+\/)?[^/\s"]+)\//g;
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice|third[-_]?party)/i;

/** A package that the executable contains, in whole or in part. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as its manifest has it. */
  readonly licence: string;
  /** What its licence and notices say. */
  readonly texts: readonly string[];
  /** Of its archive: SHA-512, hexadecimal. */
  readonly sha512: string;
}

/** As much of `deno.lock` as is needed here. */
interface Lock {
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

/**
 * All packages in bundled code and in a folder of installed packages, sorted by name and version.
 *
 * @param code folder of the bundled code
 * @param installed names of the packages that are not bundled
 */
export async function thirdParties(
  code: string,
  installed: readonly string[],
): Promise<readonly ThirdParty[]> {
  const folders = new Set(await Promise.all(installed.map(packageFolder)));
  for await (const { name, isFile } of Deno.readDir(code)) {
    if (!isFile) continue;
    const text = await Deno.readTextFile(join(code, name));
    for (const [, id, name] of text.matchAll(BUNDLED_MODULE)) {
      folders.add(join(MODULES, ".deno", id!, "node_modules", name!));
    }
  }
  const lock: Lock = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
  const parties = await Promise.all([...folders].map((folder) => describe(folder, lock)));
  return parties.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/**
 * Where a package is installed. Those that the program does not import itself lie one level deeper.
 *
 * @throws {Deno.errors.NotFound} if it is not
 */
export async function packageFolder(name: string): Promise<string> {
  try {
    return await Deno.realPath(join(MODULES, name));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.realPath(join(MODULES, ".deno", "node_modules", name));
  }
}

/** What has to be passed on with the executable: every package's licence. */
export function licenceNotices(parties: readonly ThirdParty[]): string {
  return parties.map((party) =>
    [`${keyOf(party)} (${party.licence})`, ...party.texts.map((text) => text.trim())].join("\n\n")
  ).join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
}

/** The software bill of materials, CycloneDX 1.6. The same parts give the same bill. */
export function billOfMaterials(parties: readonly ThirdParty[]): unknown {
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        name: "collider",
        version: project.version,
        licenses: [{ expression: project.license }],
      },
    },
    components: [
      {
        type: "platform",
        name: "deno",
        version: Deno.version.deno,
        purl: `pkg:github/denoland/deno@v${Deno.version.deno}`,
        licenses: [{ expression: "MIT" }],
      },
      ...parties.map((party) => ({
        type: "library",
        name: party.name,
        version: party.version,
        purl: `pkg:npm/${party.name.replace("@", "%40")}@${party.version}`,
        licenses: [{ expression: party.licence }],
        hashes: [{ alg: "SHA-512", content: party.sha512 }],
      })),
    ],
  };
}

async function describe(folder: string, lock: Lock): Promise<ThirdParty> {
  const manifest = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  const names = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && LICENCE_FILE.test(name)) names.push(name);
  }
  return {
    name: manifest.name,
    version: manifest.version,
    licence: manifest.license,
    texts: await Promise.all(names.sort().map((name) => Deno.readTextFile(join(folder, name)))),
    sha512: lockedHash(keyOf(manifest), lock),
  };
}

/** Ids in a lock file may go on with the versions of peers. */
function lockedHash(key: string, { npm }: Lock): string {
  const [, entry] = Object.entries(npm).find(([id]) => id === key || id.startsWith(`${key}_`)) ??
    [];
  if (entry === undefined) throw new Error(`${key} is not in deno.lock`);
  return Uint8Array.fromBase64(entry.integrity.replace(/^sha512-/, "")).toHex();
}

function keyOf({ name, version }: Pick<ThirdParty, "name" | "version">): string {
  return `${name}@${version}`;
}
