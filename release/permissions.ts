/** Variables that the program or a library of it reads; of all others it can't even see the names. */
export const VARIABLES: readonly string[] = [
  "COLLIDER_*",
  "GATEWAY_TOKEN",
  "HF_*",
  "LLM_*",
  "HOME",
  "USERPROFILE",
  "XDG_*",
  "APPDATA",
  "LOCALAPPDATA",
  "TEMP",
  "TMP",
  "TMPDIR",
  "SHELL",
  "TERM",
  "COLORTERM",
  "COLUMNS",
  "LINES",
  "CI",
  "NO_COLOR",
  "FORCE_COLOR",
  "CLICOLOR_FORCE",
  "MALLOC_ARENA_MAX",
];

/** What it asks the system for. */
const SYSTEM = ["homedir", "statfs", "uid"];

/**
 * What the compiled program may do. Hosts, files and libraries are named by who runs it, so these
 * can't be narrowed here; starting other programs and importing code from the network are out.
 */
export const PERMISSION_FLAGS: readonly string[] = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-ffi",
  `--allow-env=${VARIABLES.join(",")}`,
  "--ignore-env",
  `--allow-sys=${SYSTEM.join(",")}`,
  "--deny-run",
  "--deny-import",
];

/**
 * A young generation that holds what a burst of requests allocates: fewer, shorter pauses. And at most
 * 512 MiB for WebAssembly, in which PDFs are read: a small one can unfold to any size.
 */
export const V8_FLAGS = "--v8-flags=--min-semi-space-size=16,--max-semi-space-size=16," +
  "--wasm-max-mem-pages=8192";
