/** Beyond this difference the wall clock was set, and is followed. */
const MAX_DRIFT_MS = 5;

let originMs = performance.timeOrigin;

/**
 * The time now, Unix µs, a safe integer. `Date.now()` has only milliseconds; the monotonic clock has
 * the microseconds but not the corrections of the wall clock, so it is aligned when they part.
 */
export function nowUs(): number {
  const elapsedMs = performance.now();
  const wallMs = Date.now();
  if (Math.abs(originMs + elapsedMs - wallMs) > MAX_DRIFT_MS) originMs = wallMs - elapsedMs;
  return Math.round((originMs + elapsedMs) * 1000);
}
