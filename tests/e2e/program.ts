import { dirname, join, resolve } from "node:path";
import { ensureLibrary } from "../../ffi/build.ts";
import { PERMISSION_FLAGS, V8_FLAGS } from "../../release/permissions.ts";
import { MAIN_SCRIPT } from "../../release/tree.ts";

/** Has the runtime take what is installed as it is: looking it over would take 0.3 s of each start. */
const NODE_MODULES_FLAG = "--node-modules-dir=manual";

const ROOT = join(import.meta.dirname!, "..", "..");

/** How the program is started. */
export interface ProgramCommand {
  readonly command: string;
  readonly args: string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/**
 * How the tests start the program: the executable that `COLLIDER_BIN` names; or else what would be
 * in it, in the folder that `COLLIDER_TREE` names; or else the source. Permissions and V8's flags are
 * always those of the executable. What it extracts goes beside it, not where the user's lies.
 */
export async function programCommand(args: readonly string[]): Promise<ProgramCommand> {
  const executable = Deno.env.get("COLLIDER_BIN");
  if (executable) {
    const command = resolve(ROOT, executable);
    return { command, args: [...args], cwd: ROOT, env: cacheBeside(command) };
  }
  const deno = Deno.execPath();
  const flags = ["--cached-only", V8_FLAGS, ...PERMISSION_FLAGS];
  const run = (...script: string[]) => ["run", ...flags, ...script, ...args];
  const tree = Deno.env.get("COLLIDER_TREE");
  if (tree) {
    return { command: deno, args: run(MAIN_SCRIPT), cwd: tree, env: cacheBeside(tree) };
  }
  await ensureLibrary();
  return { command: deno, args: run(NODE_MODULES_FLAG, "main.ts"), cwd: ROOT, env: {} };
}

function cacheBeside(path: string): Record<string, string> {
  const cache = join(dirname(path), "cache");
  return Deno.build.os === "windows" ? { LOCALAPPDATA: cache } : { XDG_CACHE_HOME: cache };
}
