import { join } from "node:path";
import { RingLibraryError } from "./errors.ts";
import { loadablePath } from "./loadable_path.ts";

const SUFFIXES: Partial<Record<typeof Deno.build.os, string>> = { darwin: "dylib", windows: "dll" };

/** Where the build puts the shared library made of `ffi/<source>.c`. */
export function libraryPathOf(source: string): string {
  const suffix = SUFFIXES[Deno.build.os] ?? "so";
  return join(import.meta.dirname ?? ".", "build", `lib${source}.${suffix}`);
}

// Addresses travel as pointers and frame ids as f64 because V8 then calls C directly (6 ns);
// a number for a u64 takes the slow path (130 ns), a bigint has to be allocated first (22 ns).
const SYMBOLS = {
  cs_ring_open: {
    parameters: ["buffer", "u64", "u32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  cs_ring_check: { parameters: ["buffer", "u64", "buffer"], result: "i32" },
  cs_ring_close: { parameters: ["u64", "u64", "i64", "u32"], result: "void" },
  cs_ring_populate: { parameters: ["u64", "u64", "i64"], result: "void", nonblocking: true },
  cs_ring_begin: { parameters: ["pointer", "f64", "f64", "u32"], result: "i32" },
  cs_ring_publish: { parameters: ["pointer", "f64", "f64", "u32"], result: "i32" },
  cs_ring_head: { parameters: ["pointer"], result: "f64" },
  cs_ring_tail: { parameters: ["pointer"], result: "f64" },
  cs_ring_heartbeat: { parameters: ["pointer", "f64"], result: "void" },
  cs_thread_lower_priority: { parameters: [], result: "void" },
  cs_process_suspend: { parameters: [], result: "void" },
  cs_memory_return_early: { parameters: [], result: "void" },
  cs_memory_return: { parameters: [], result: "void", nonblocking: true },
  cs_ring_search: {
    parameters: ["pointer", "f64", "buffer", "buffer", "buffer", "u32"],
    result: "u32",
    nonblocking: true,
  },
  cs_readers_list: {
    parameters: ["buffer", "u64", "i64", "i64", "buffer", "u32"],
    result: "u32",
    nonblocking: true,
  },
  cs_control_read: { parameters: ["pointer", "buffer", "u32"], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of `seqlock.c`. */
export type RingSymbols = Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;

// One instance per process and never closed: V8 only calls C directly where it has seen a single
// function object, so a second instance would make every ring 20 times slower.
const loaded = new Map<string, RingSymbols>();

/**
 * Loads the library of `seqlock.c`, once per path.
 *
 * @throws {RingLibraryError} if there is none at `path`, or it can't be loaded
 */
export function loadRingSymbols(path: string): RingSymbols {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const loadable = loadablePath(path);
  try {
    const { symbols } = Deno.dlopen(loadable, SYMBOLS);
    loaded.set(path, symbols);
    return symbols;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new RingLibraryError(`the ring's native library ${path} can't be loaded`, {
      hint: "run `deno task build`",
      cause,
    });
  }
}

/** The functions of `seqlock.c` for what goes without them too; null where the library is missing. */
export function findRingSymbols(): RingSymbols | null {
  try {
    return loadRingSymbols(libraryPathOf("seqlock"));
  } catch (error) {
    if (!(error instanceof RingLibraryError)) throw error;
    return null;
  }
}
