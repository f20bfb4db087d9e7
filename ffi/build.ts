/**
 * Compiles the C in this folder into shared libraries. Needs a C11 compiler and nothing else.
 *
 *     deno run --allow-read --allow-write --allow-run --allow-env ffi/build.ts
 */
import { dirname, join } from "node:path";
import { libraryPathOf } from "./library.ts";

const FLAGS = ["-O3", "-std=c11", "-fPIC", "-Wall", "-Wextra", "-Werror"];

const COMPILER_HINT = "install one: Debian/Ubuntu `apt install gcc libc6-dev`, " +
  "Fedora `dnf install gcc`, Alpine `apk add gcc musl-dev`, macOS `xcode-select --install`, " +
  "Windows `winget install BrechtSanders.WinLibs`; or name one in CC";

/** There is no C compiler, or it refused the source. */
export class BuildError extends Error {
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, { hint, ...options }: ErrorOptions & { hint: string }) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/**
 * Compiles `ffi/<source>.c` with the compiler that the environment variable `CC` names (`cc`).
 *
 * @param flags in addition to the project's own
 * @throws {BuildError} if there is no compiler or it fails
 */
export async function compile(source: string, output: string, flags: string[]): Promise<void> {
  const [compiler = "cc", ...compilerFlags] = (Deno.env.get("CC") || "cc").split(/\s+/);
  const args = [...compilerFlags, ...FLAGS, ...flags, "-o", output, sourcePathOf(source)];
  let result: Deno.CommandOutput;
  try {
    result = await new Deno.Command(compiler, { args, stderr: "piped" }).output();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new BuildError(`the C compiler ${compiler} was not found`, {
      hint: COMPILER_HINT,
      cause,
    });
  }
  if (!result.success) {
    const said = new TextDecoder().decode(result.stderr).trim();
    throw new BuildError(`${compiler} could not compile ${source}.c: ${said}`, {
      hint: "fix the source, or name another compiler in CC",
    });
  }
}

/**
 * Makes the shared library of `ffi/<source>.c` if it is missing or older than its source.
 *
 * @returns its path
 * @throws {BuildError} if there is no compiler or it fails
 */
export async function ensureLibrary(source = "seqlock"): Promise<string> {
  const library = libraryPathOf(source);
  const { mtime } = await Deno.stat(sourcePathOf(source));
  if (await modifiedMs(library) >= Number(mtime)) return library;
  await Deno.mkdir(dirname(library), { recursive: true });
  // Renamed into place, so that nobody loads half a library and two builds may run at once.
  const unfinished = `${library}.${crypto.randomUUID()}`;
  try {
    await compile(source, unfinished, ["-shared"]);
    await Deno.rename(unfinished, library);
  } catch (error) {
    await Deno.remove(unfinished).catch(() => {});
    throw error;
  }
  return library;
}

function sourcePathOf(source: string): string {
  return join(import.meta.dirname ?? ".", `${source}.c`);
}

async function modifiedMs(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return -1;
    throw error;
  }
}

if (import.meta.main) await ensureLibrary();
