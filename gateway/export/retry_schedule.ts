const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;

/** Pauses between the attempts: minutes for a restart, hours for a night. */
const PAUSES_S = [
  5,
  30,
  2 * MINUTE_S,
  10 * MINUTE_S,
  30 * MINUTE_S,
  HOUR_S,
  2 * HOUR_S,
  4 * HOUR_S,
  8 * HOUR_S,
];
/** Nobody is waited for any longer. */
export const PAUSE_MAX_S = 24 * HOUR_S;
/** Receivers that failed together are not asked again together. */
const JITTER = 0.2;

/**
 * When to try again.
 *
 * @param attempts so far
 * @param askedS what the receiver asked for; 0 = nothing
 * @param random 0 to 1
 * @returns seconds from now; null = not any more
 */
export function nextAttemptS(
  attempts: number,
  askedS: number,
  random: number,
): number | null {
  const pause = PAUSES_S[attempts - 1];
  if (pause === undefined) return null;
  const jittered = pause * (1 - JITTER + 2 * JITTER * random);
  return Math.min(PAUSE_MAX_S, Math.max(jittered, askedS));
}
