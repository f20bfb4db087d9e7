import { join } from "node:path";
import { parseEnv } from "node:util";
import { ConfigFileError } from "../errors.ts";

/** A variable's value, and where it stands. */
export interface Variable {
  readonly text: string;
  /** The `.env` file; null = the environment itself. */
  readonly path: string | null;
}

/** The environment's variables, and behind them those of the `.env` file. */
export class Variables {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #file: { readonly path: string; readonly values: NodeJS.Dict<string> } | null;

  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    file: { readonly path: string; readonly values: NodeJS.Dict<string> } | null = null,
  ) {
    this.#environment = environment;
    this.#file = file;
  }

  /**
   * Reads the environment and the file `.env` of a folder, if there is one.
   *
   * @throws {ConfigFileError} if there is one and it can't be read
   */
  static async read(folder: string): Promise<Variables> {
    const path = join(folder, ".env");
    const text = await readDotenv(path);
    const file = text === null ? null : { path, values: parseEnv(text) };
    return new Variables(Deno.env.toObject(), file);
  }

  /** @returns null if it is not set; an empty text sets nothing */
  get(name: string): Variable | null {
    const text = this.#environment[name];
    if (text) return { text, path: null };
    const fallback = this.#file?.values[name];
    return fallback ? { text: fallback, path: this.#file!.path } : null;
  }

  /** The names of all that are set. */
  names(): string[] {
    const names = [...Object.keys(this.#environment), ...Object.keys(this.#file?.values ?? {})];
    return [...new Set(names)].filter((name) => this.get(name) !== null);
  }
}

async function readDotenv(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    // A folder of that name is somebody's virtual environment.
    if (cause instanceof Deno.errors.IsADirectory) return null;
    throw new ConfigFileError(
      `${path} can't be read: ${(cause as Error).message}`,
      "Allow it to be read, or start in another folder.",
      { cause },
    );
  }
}
