/**
 * The first thing that every thread of the compiled program runs. Its native libraries lie inside
 * the executable, where the system's loader can't see them: when the first one is needed, all are
 * extracted. What the runtime does by itself is not enough: it extracts an addon without the
 * libraries that lie beside it, and into a folder for temporary files, which may be mounted noexec.
 */
import Module from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { type EmbeddedLibraries, extractLibraries } from "../ffi/extract_libraries.ts";
import { locateLibraries } from "../ffi/loadable_path.ts";

/** What Node.js documents of its modules in words only. */
interface ModuleInternals {
  readonly _extensions: Record<string, (module: unknown, filename: string) => void>;
  _nodeModulePaths: (from: string) => string[];
}

/** The tree of `tree.ts`, in which the bundled code is one level down. */
const ROOT = dirname(import.meta.dirname!);

let extracted: { readonly libraries: EmbeddedLibraries; readonly folder: string } | undefined;

function extractedPath(path: string): string {
  extracted ??= extract();
  const { libraries, folder } = extracted;
  const file = libraries.files.find((file) => path.endsWith(join(sep, file.path)));
  return file === undefined ? path : join(folder, file.path);
}

function extract() {
  const listed = JSON.parse(Deno.readTextFileSync(join(ROOT, "libraries.json")));
  const libraries: EmbeddedLibraries = { ...listed, source: ROOT };
  return { libraries, folder: extractLibraries(libraries, places()) };
}

/** Where to, the best first: a cache survives a restart of the machine, the others may not. */
function places(): string[] {
  const cache = cacheFolder();
  const runtime = Deno.env.get("XDG_RUNTIME_DIR");
  return [
    ...(cache === null ? [] : [join(cache, "collider")]),
    ...(runtime ? [join(runtime, "collider")] : []),
    join(tmpdir(), Deno.build.os === "windows" ? "collider" : `collider-${Deno.uid()}`),
  ];
}

/** The user's folder for what can be made again; null for users without a home. */
function cacheFolder(): string | null {
  const { os } = Deno.build;
  const named = Deno.env.get(os === "windows" ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
  if (named) return named;
  const home: string | null = homedir(); // the types leave the null out
  if (!home) return null;
  if (os === "windows") return join(home, "AppData", "Local");
  return os === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
}

const modules = Module as unknown as ModuleInternals;
const loadAddon = modules._extensions[".node"]!;
modules._extensions[".node"] = (module, filename) => loadAddon(module, extractedPath(filename));
// The embedded files seem to lie in the folder for temporary files, where anybody may put modules:
// what a package tries to load and is not there must not be looked for further up.
modules._nodeModulePaths = () => [join(ROOT, "node_modules")];
locateLibraries(extractedPath);
