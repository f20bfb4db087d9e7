import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

/** Long enough for a clock that ticks every 10 ms, as that of a thread's work does on Linux. */
const WINDOW_MS = 50;
/** A thread that works for less than this share of the time has time for something else. */
const BUSY_SHARE = 0.5;

/**
 * Resolves when the calling thread has time, or after `maxMs`.
 *
 * @param workedMs how long the thread has ever worked
 */
export async function calm(maxMs: number, workedMs = threadWorkedMs): Promise<void> {
  const endMs = performance.now() + maxMs;
  while (performance.now() < endMs) {
    const [beganMs, workedBeforeMs] = [performance.now(), workedMs()];
    await delay(WINDOW_MS);
    const busyMs = workedMs() - workedBeforeMs;
    if (busyMs < BUSY_SHARE * (performance.now() - beganMs)) return;
  }
}

function threadWorkedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
