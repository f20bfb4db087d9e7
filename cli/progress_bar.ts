const BAR_CELLS = 24;
const REDRAW_INTERVAL_MS = 100;
/** The rate is that of the last seconds: a mean over all would be slow to tell of a stall. */
const RATE_WINDOW_MS = 5_000;

/** A moment of a download. */
interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * One line that shows how far a download is: `model.onnx ━━━━──── 45 % 12.3 of 27.0 MB, 4.1 MB/s,
 * 4 s left`. On a terminal it is drawn over itself; elsewhere only the end is written.
 */
export class ProgressBar {
  readonly #label: string;
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  #samples: Sample[] = [];
  #drawnAtMs = -Infinity;

  constructor(
    { label, write, isTerminal }: {
      label: string;
      write: (text: string) => void;
      isTerminal: boolean;
    },
  ) {
    this.#label = label;
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  /** @param nowMs on a clock that does not go back */
  update(doneBytes: number, totalBytes: number, nowMs: number): void {
    this.#samples.push({ atMs: nowMs, bytes: doneBytes });
    while (this.#samples[0]!.atMs < nowMs - RATE_WINDOW_MS) this.#samples.shift();
    const isDone = doneBytes === totalBytes;
    if (!isDone && (!this.#isTerminal || nowMs < this.#drawnAtMs + REDRAW_INTERVAL_MS)) return;
    this.#drawnAtMs = nowMs;
    const line = this.#line(doneBytes, totalBytes, nowMs);
    this.#write(this.#isTerminal ? `\r\x1b[2K${line}${isDone ? "\n" : ""}` : `${line}\n`);
  }

  #line(doneBytes: number, totalBytes: number, nowMs: number): string {
    const share = totalBytes === 0 ? 1 : doneBytes / totalBytes;
    const filled = Math.round(share * BAR_CELLS);
    const bar = "━".repeat(filled) + "─".repeat(BAR_CELLS - filled);
    const parts = [`${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`];
    const bytesPerS = this.#bytesPerS(doneBytes, nowMs);
    if (bytesPerS > 0) {
      parts.push(`${megabytes(bytesPerS)} MB/s`);
      if (share < 1) parts.push(`${duration((totalBytes - doneBytes) / bytesPerS)} left`);
    }
    return `${this.#label} ${bar} ${Math.floor(share * 100)} % ${parts.join(", ")}`;
  }

  #bytesPerS(doneBytes: number, nowMs: number): number {
    const first = this.#samples[0]!;
    return nowMs === first.atMs ? 0 : (doneBytes - first.bytes) / (nowMs - first.atMs) * 1000;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 90 ? `${whole} s` : `${Math.ceil(whole / 60)} min`;
}
