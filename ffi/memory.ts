import { findRingSymbols } from "./library.ts";

/**
 * Has the process give memory back to the system soon after it is free, where the C library can be
 * told so (glibc): after a burst it would keep tens of megabytes otherwise. A courtesy: without the
 * library of `seqlock.c` nothing happens.
 */
export function returnMemoryEarly(): void {
  findRingSymbols()?.cs_memory_return_early();
}

/**
 * Gives what is free already, and was kept for later, back to the system: a courtesy, as above. Takes
 * milliseconds, in a thread of its own, in which others may have to wait for memory.
 */
export async function returnMemory(): Promise<void> {
  await findRingSymbols()?.cs_memory_return();
}
