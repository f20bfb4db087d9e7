import { RingLibraryError } from "./errors.ts";
import { libraryPathOf, loadRingSymbols } from "./library.ts";

/**
 * Has the process give memory back to the system soon after it is free, where the C library can be
 * told so (glibc): after a burst it would keep tens of megabytes otherwise. A courtesy: without the
 * library of `seqlock.c` nothing happens.
 */
export function returnMemoryEarly(): void {
  try {
    loadRingSymbols(libraryPathOf("seqlock")).cs_memory_return_early();
  } catch (error) {
    if (!(error instanceof RingLibraryError)) throw error;
  }
}
