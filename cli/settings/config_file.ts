import { join } from "node:path";
import { distance } from "fastest-levenshtein";
import { parse, TomlError } from "smol-toml";
import { configDirectory } from "../data_directory.ts";
import { ConfigFileError } from "../errors.ts";

/** What stands in a configuration file. */
export interface ConfigFile {
  readonly path: string;
  /** As TOML has them. */
  readonly values: Readonly<Record<string, unknown>>;
}

const FILE_NAME = "collider.toml";
/** A configuration file is not larger. */
const FILE_BYTES_MAX = 1 << 20;
/** Names that differ in more than this share of their characters are not each other's typos. */
const TYPO_SHARE_MAX = 0.5;

/** Where a configuration file may be, in the order in which it is looked for. */
export function configFilePaths(dataDirectory: string): string[] {
  return [...new Set([configDirectory(), dataDirectory])].map((folder) => join(folder, FILE_NAME));
}

/**
 * Reads the configuration file.
 *
 * @param givenPath null = the first of {@linkcode configFilePaths} that is there
 * @param knownKeys what may stand in it
 * @returns null if there is none
 * @throws {ConfigFileError} if the given file is not there, or a file can't be read, is not TOML or
 *   has a key that is not known
 */
export async function readConfigFile(
  { givenPath, dataDirectory, knownKeys }: {
    readonly givenPath: string | null;
    readonly dataDirectory: string;
    readonly knownKeys: readonly string[];
  },
): Promise<ConfigFile | null> {
  const path = givenPath ?? await findConfigFile(dataDirectory);
  if (path === null) return null;
  const hint = givenPath === null
    ? "Correct --data-dir or COLLIDER_DATA_DIR, or see that the file can be read."
    : "Correct --config or COLLIDER_CONFIG, or leave it out.";
  const values = parseToml(path, await readText(path, hint));
  for (const key of Object.keys(values)) {
    if (!knownKeys.includes(key)) throw unknownKey(path, key, knownKeys);
  }
  return { path, values };
}

/** The configuration file that is used when none is given; null if there is none. */
export async function findConfigFile(dataDirectory: string): Promise<string | null> {
  for (const path of configFilePaths(dataDirectory)) {
    try {
      await Deno.stat(path);
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return path;
    }
  }
  return null;
}

/** The name that was probably meant; null if none is alike. */
export function closestName(wrong: string, names: readonly string[]): string | null {
  const normal = wrong.toLowerCase().replaceAll("_", "-");
  let closest: string | null = null;
  let fewest = Math.floor(normal.length * TYPO_SHARE_MAX) + 1;
  for (const name of names) {
    const edits = distance(normal, name.toLowerCase().replaceAll("_", "-"));
    if (edits < fewest) [closest, fewest] = [name, edits];
  }
  return closest;
}

async function readText(path: string, hint: string): Promise<string> {
  try {
    const { size } = await Deno.stat(path);
    if (size > FILE_BYTES_MAX) throw new RangeError(`it has ${size} bytes`);
    return await Deno.readTextFile(path);
  } catch (cause) {
    const problem = cause instanceof Deno.errors.NotFound
      ? "is not there"
      : `can't be read: ${(cause as Error).message}`;
    throw new ConfigFileError(
      `the configuration file ${path} ${problem}`,
      hint,
      { cause },
    );
  }
}

function parseToml(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // What follows in its message is the excerpt of the file, which may hold a secret.
    const [problem] = cause.message.split("\n");
    throw new ConfigFileError(
      `${path}, line ${cause.line}, column ${cause.column}: ${problem}`,
      "Correct the line; see https://toml.io for what TOML looks like.",
    );
  }
}

function unknownKey(path: string, key: string, knownKeys: readonly string[]): ConfigFileError {
  const meant = closestName(key, knownKeys);
  return new ConfigFileError(
    `${path}: there is no setting ${JSON.stringify(key)}`,
    meant === null
      ? "Remove it; `collider config show` lists the settings."
      : `Did you mean ${meant}? \`collider config show\` lists the settings.`,
  );
}
