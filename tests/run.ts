/**
 * Runs every suite, Deno's and pytest's, and ends with a line `N passed, N failed` that sums them.
 * Sets up what they need: the C shim and a Python with NumPy and pytest.
 */
import { ensureLibrary } from "../ffi/build.ts";
import { ensureModelPackages, ensurePython } from "./python.ts";

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const ROOT = new URL("..", import.meta.url);
const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

try {
  await ensureLibrary();
  const python = await ensurePython();
  const problem = await ensureModelPackages(python);
  if (problem !== null) say(`embeddings are not compared with Python's: ${problem}`);
  const tallies = [
    // One after the other: the end-to-end tests start gateways and need the machine for themselves.
    await denoTests(["--parallel", "--ignore=tests/e2e,tests/faults"], python),
    await denoTests(["tests/e2e", "tests/faults"], python),
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

function denoTests(args: string[], python: string): Promise<Tally> {
  return run(Deno.execPath(), ["test", "--quiet", "--allow-all", ...args], python);
}

function pytest(python: string): Promise<Tally> {
  return run(
    python,
    ["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/python"],
    python,
  );
}

/** Runs a suite, shows what it prints and counts its tests by its closing line. */
async function run(command: string, args: string[], python: string): Promise<Tally> {
  const child = new Deno.Command(command, {
    args,
    cwd: ROOT,
    env: { COLLIDER_PYTHON: python, COLLIDER_DENO: Deno.execPath() },
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
