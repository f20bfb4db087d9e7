/**
 * Runs every suite, Deno's and pytest's, and ends with a line `N passed, N failed` that sums them.
 * Sets up what they need: the C shim and a Python with NumPy and pytest.
 */
import { join } from "node:path";
import { ensureLibrary } from "../ffi/build.ts";
import { compileTree } from "../release/compile.ts";
import { RuntimeMissingError } from "../release/errors.ts";
import { writeTree } from "../release/tree.ts";
import { ensureArrowPackages, ensureModelPackages, ensurePython } from "./python.ts";

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const ROOT = new URL("..", import.meta.url);
/** What shows whether the executable holds all it needs: every kind of request, every native part. */
const RELEASE_TESTS = ["tests/e2e/contract_test.ts", "tests/e2e/models_test.ts"];
const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

try {
  await ensureLibrary();
  const python = await ensurePython();
  const modelProblem = await ensureModelPackages(python);
  if (modelProblem !== null) say(`embeddings are not compared with Python's: ${modelProblem}`);
  const arrowProblem = await ensureArrowPackages(python);
  if (arrowProblem !== null) say(`Arrow streams are not read by Python: ${arrowProblem}`);
  const tallies = [
    // One after the other: the end-to-end tests start gateways and need the machine for themselves.
    await denoTests(["--parallel", "--ignore=tests/e2e,tests/faults,tests/tui,tests/docs"], python),
    await denoTests(["tests/e2e", "tests/faults", "tests/tui", "tests/docs"], python),
    ...await releaseTests(python),
    await pytest(python),
  ];
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  say(`${passed} passed, ${failed} failed`);
  Deno.exit(failed === 0 ? 0 : 1);
} catch (error) {
  const { message, hint } = error as Error & { hint?: string };
  say(`error: ${message}${hint === undefined ? "" : `\n       ${hint}`}`);
  say("0 passed, 1 failed");
  Deno.exit(1);
}

/** Tests what would be in the executable, and the executable itself where it can be made. */
async function releaseTests(python: string): Promise<Tally[]> {
  const workspace = await Deno.makeTempDir({ prefix: "collider-release-" });
  try {
    const tree = await writeTree(join(workspace, "tree"));
    const tallies = [await denoTests(RELEASE_TESTS, python, { COLLIDER_TREE: tree.root })];
    const executable = join(workspace, Deno.build.os === "windows" ? "collider.exe" : "collider");
    try {
      await compileTree(tree, executable);
      tallies.push(await denoTests(RELEASE_TESTS, python, { COLLIDER_BIN: executable }));
    } catch (error) {
      if (!(error instanceof RuntimeMissingError)) throw error;
      say(`the executable is not tested: ${error.message}`);
    }
    return tallies;
  } finally {
    await Deno.remove(workspace, { recursive: true });
  }
}

function denoTests(
  args: string[],
  python: string,
  env: Record<string, string> = {},
): Promise<Tally> {
  return run(Deno.execPath(), ["test", "--quiet", "--allow-all", ...args], python, env);
}

function pytest(python: string): Promise<Tally> {
  return run(
    python,
    ["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/python"],
    python,
  );
}

/** Runs a suite, shows what it prints and counts its tests by its closing line. */
async function run(
  command: string,
  args: string[],
  python: string,
  env: Record<string, string> = {},
): Promise<Tally> {
  const child = new Deno.Command(command, {
    args,
    cwd: ROOT,
    env: { COLLIDER_PYTHON: python, COLLIDER_DENO: Deno.execPath(), ...env },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  const summary = output.replaceAll(COLOURS, "").trimEnd().split("\n").slice(-3).join("\n");
  const passed = countIn(summary, "passed");
  const failed = countIn(summary, "(?:failed|errors?)");
  // A runner that dies, or finds no test, has failed whatever it counted.
  return { passed, failed: success && passed > 0 ? failed : Math.max(failed, 1) };
}

function countIn(summary: string, what: string): number {
  const counts = [...summary.matchAll(new RegExp(`(\\d+) ${what}`, "g"))];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
