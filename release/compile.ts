/**
 * Makes the one executable, `dist/collider`, and its bill of materials:
 *
 *     deno run --allow-all release/compile.ts
 *
 * It runs where it is built: on this system and processor, with this machine's C library or a newer
 * one. `DENORT_BIN` may name the runtime to build it with, which is fetched otherwise.
 */
import { join } from "node:path";
import { MAIN_SCRIPT, writeTree } from "./tree.ts";
import { PAYLOAD_MAX_BYTES, payloadTable, totalBytes } from "./payload.ts";
import { billOfMaterials } from "./third_party.ts";
import { PERMISSION_FLAGS, V8_FLAGS } from "./permissions.ts";

const DIST = join(import.meta.dirname!, "..", "dist");
const RUNTIME_HOST = "dl.deno.land";
/** What `deno compile` does not find by itself: it follows imports, and takes `node_modules`. */
const NOT_IMPORTED = /^(?!node_modules\/)(?!.*\.js$)/;

/** The executable can't be made, or would not do. */
class CompileError extends Error {
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, { hint }: { hint: string }) {
    super(message);
    this.name = new.target.name;
    this.hint = hint;
  }
}

try {
  await compile(join(DIST, Deno.build.os === "windows" ? "collider.exe" : "collider"));
} catch (error) {
  const { message, hint } = error as Error & { hint?: string };
  say(`error: ${hint === undefined ? (error as Error).stack : `${message}\n       ${hint}`}`);
  Deno.exit(1);
}

/** @throws {CompileError} if it can't be made, is too large or does not run */
async function compile(executable: string): Promise<void> {
  const tree = await Deno.makeTempDir({ prefix: "collider-tree-" });
  try {
    const { files, parties } = await writeTree(tree);
    say(payloadTable(files));
    if (totalBytes(files) > PAYLOAD_MAX_BYTES) {
      throw new CompileError(`the payload is above ${PAYLOAD_MAX_BYTES / 1e6} MB`, {
        hint: "the table shows what has grown",
      });
    }
    await Deno.mkdir(DIST, { recursive: true });
    const included = files.map(({ path }) => path).filter((path) => NOT_IMPORTED.test(path));
    await runCompiler(tree, executable, included);
    const bill = JSON.stringify(billOfMaterials(parties), null, 2);
    await Deno.writeTextFile(join(DIST, "collider.cdx.json"), `${bill}\n`);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
  await tryRunning(executable);
  const { size } = await Deno.stat(executable);
  say(`${executable}: ${(size / 1e6).toFixed(0)} MB`);
}

async function runCompiler(
  tree: string,
  executable: string,
  included: readonly string[],
): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--quiet", "--no-check", "--output", executable, "--app-name=collider"],
      // The runtime would look for cached machine code in the folder for temporary files, whoever
      // has put it there.
      "--no-code-cache",
      V8_FLAGS,
      ...PERMISSION_FLAGS,
      ...included.map((path) => `--include=${path}`),
      MAIN_SCRIPT,
    ],
    cwd: tree,
    env: { OTEL_DENO: "false" }, // it would be built in, too
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  if (!said.includes(RUNTIME_HOST)) {
    throw new CompileError(`deno compile failed:\n${said}`, { hint: "see what it says" });
  }
  throw new CompileError("Deno's runtime for executables, denort, can't be fetched", {
    hint: `let this machine reach https://${RUNTIME_HOST}, or fetch ` +
      `https://${RUNTIME_HOST}/release/v${Deno.version.deno}/denort-${Deno.build.target}.zip ` +
      "elsewhere, unpack it and name it in DENORT_BIN",
  });
}

async function tryRunning(executable: string): Promise<void> {
  const { stdout } = await new Deno.Command(executable, { args: ["--version"] }).output();
  const said = new TextDecoder().decode(stdout).trim();
  if (said.startsWith("collider ")) return;
  throw new CompileError(`${executable} does not run; asked for its version, it says: ${said}`, {
    hint: "DENORT_BIN must name denort, Deno's runtime for executables, not deno itself",
  });
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
