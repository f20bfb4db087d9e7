/**
 * Makes the one executable, `dist/collider`, and its bill of materials:
 *
 *     deno run --allow-all release/compile.ts
 *
 * It is for the system and processor that it is made on. `DENORT_BIN` may name the runtime to make
 * it with, which is fetched otherwise.
 */
import { join } from "node:path";
import { CompileError, PayloadError, ReleaseError, RuntimeMissingError } from "./errors.ts";
import { PAYLOAD_MAX_BYTES, payloadTable, totalBytes } from "./payload.ts";
import { PERMISSION_FLAGS, V8_FLAGS } from "./permissions.ts";
import { billOfMaterials } from "./third_party.ts";
import { MAIN_SCRIPT, type Tree, writeTree } from "./tree.ts";

const DIST = join(import.meta.dirname!, "..", "dist");
const RUNTIME_HOST = "dl.deno.land";
const COMPILE_TIMEOUT_MS = 300_000;
/** What `deno compile` does not find by itself: it follows imports, and takes `node_modules`. */
const NOT_IMPORTED = /^(?!node_modules\/)(?!.*\.js$)/;

/**
 * Makes an executable of a tree. The same tree and runtime give the same executable, byte by byte.
 *
 * @throws {RuntimeMissingError} if the runtime can't be fetched
 * @throws {CompileError} if it can't be made, or does not run
 */
export async function compileTree({ root, files }: Tree, executable: string): Promise<void> {
  const included = files.map(({ path }) => path).filter((path) => NOT_IMPORTED.test(path));
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
    cwd: root,
    env: { OTEL_DENO: "false" }, // it would be built in, too
    signal: AbortSignal.timeout(COMPILE_TIMEOUT_MS),
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw compileError(new TextDecoder().decode(stderr).trim());
  await tryRunning(executable);
}

function compileError(said: string): ReleaseError {
  if (!said.includes(RUNTIME_HOST)) {
    return new CompileError(`deno compile failed:\n${said}`, { hint: "see what it says" });
  }
  return new RuntimeMissingError("Deno's runtime for executables, denort, can't be fetched", {
    hint: `let this machine reach https://${RUNTIME_HOST}, or fetch ` +
      `https://${RUNTIME_HOST}/release/v${Deno.version.deno}/denort-${Deno.build.target}.zip ` +
      "elsewhere, unpack it and name it in DENORT_BIN",
  });
}

async function tryRunning(executable: string): Promise<void> {
  const { stdout, stderr } = await new Deno.Command(executable, { args: ["--version"] }).output();
  const [said, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (said!.startsWith("collider ")) return;
  throw new CompileError(
    `${executable} does not run; asked for its version, it says: ${said}${complaint}`,
    { hint: "DENORT_BIN must name denort, Deno's runtime for executables, not deno itself" },
  );
}

async function main(): Promise<void> {
  const executable = join(DIST, Deno.build.os === "windows" ? "collider.exe" : "collider");
  const workspace = await Deno.makeTempDir({ prefix: "collider-tree-" });
  try {
    const tree = await writeTree(join(workspace, "tree"));
    say(payloadTable(tree.files));
    if (totalBytes(tree.files) > PAYLOAD_MAX_BYTES) {
      throw new PayloadError(`these are more than ${PAYLOAD_MAX_BYTES / 1e6} MB`, {
        hint: "the table shows what has grown",
      });
    }
    await Deno.mkdir(DIST, { recursive: true });
    const bill = JSON.stringify(billOfMaterials(tree.parties), null, 2);
    await Deno.writeTextFile(join(DIST, "collider.cdx.json"), `${bill}\n`);
    await compileTree(tree, executable);
  } finally {
    await Deno.remove(workspace, { recursive: true });
  }
  const { size } = await Deno.stat(executable);
  say(`${(size / 1e6).toFixed(2).padStart(8)} MB with Deno's runtime: ${executable}`);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    say(`error: ${error.message}\n       ${error.hint}`);
    Deno.exit(1);
  }
}
