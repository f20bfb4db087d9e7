import { libraryPathOf, loadRingSymbols } from "./library.ts";

/**
 * Stops the whole process group until somebody continues it, as ctrl-z does it in a terminal. Deno
 * itself sends signals only if it may start programs, too.
 *
 * @throws {RingLibraryError} if the library of `seqlock.c` is missing
 */
export function suspendProcessGroup(): void {
  loadRingSymbols(libraryPathOf("seqlock")).cs_process_suspend();
}
