import { findRingSymbols } from "./library.ts";

/**
 * Lets the threads of other workers go first, from now on and for all threads that this one starts:
 * for a worker that computes for long, beside one that answers requests. A courtesy: without the
 * library of `seqlock.c` nothing happens.
 */
export function lowerThreadPriority(): void {
  findRingSymbols()?.cs_thread_lower_priority();
}
