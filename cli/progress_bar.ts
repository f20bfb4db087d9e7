const BAR_CELLS = 24;
const REDRAW_INTERVAL_MS = 100;
/** The rate is that of the last seconds: a mean over all would be slow to tell of a stall. */
const RATE_WINDOW_MS = 5_000;

/** What a progress bar is drawn on. */
export interface ProgressBarOptions {
  /** What is shown before it; ASCII. */
  readonly label: string;
  readonly write: (text: string) => void;
  /** Width of the terminal in cells; null = it is not a terminal. */
  readonly columns: number | null;
}

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
  readonly #options: ProgressBarOptions;
  #samples: Sample[] = [];
  #drawnAtMs = -Infinity;
  /** Whether the cursor stands behind a line that more may be drawn over. */
  #isOpen = false;

  constructor(options: ProgressBarOptions) {
    this.#options = options;
  }

  /** @param nowMs on a clock that does not go back */
  update(doneBytes: number, totalBytes: number, nowMs: number): void {
    const { columns, write } = this.#options;
    this.#samples.push({ atMs: nowMs, bytes: doneBytes });
    while (this.#samples[0]!.atMs < nowMs - RATE_WINDOW_MS) this.#samples.shift();
    const isDone = doneBytes === totalBytes;
    if (!isDone && (columns === null || nowMs < this.#drawnAtMs + REDRAW_INTERVAL_MS)) return;
    this.#drawnAtMs = nowMs;
    const line = this.#line(doneBytes, totalBytes, nowMs);
    write(columns === null ? `${line}\n` : `\r\x1b[2K${line}${isDone ? "\n" : ""}`);
    this.#isOpen = columns !== null && !isDone;
  }

  /** Ends the line, so that what is written next, such as an error, has one of its own. */
  close(): void {
    if (this.#isOpen) this.#options.write("\n");
    this.#isOpen = false;
  }

  #line(doneBytes: number, totalBytes: number, nowMs: number): string {
    const { label, columns } = this.#options;
    const share = totalBytes === 0 ? 1 : doneBytes / totalBytes;
    const parts = [`${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`];
    const bytesPerS = this.#bytesPerS(doneBytes, nowMs);
    if (bytesPerS > 0) {
      parts.push(`${megabytes(bytesPerS)} MB/s`);
      if (share < 1) parts.push(`${duration((totalBytes - doneBytes) / bytesPerS)} left`);
    }
    const numbers = `${Math.floor(share * 100)} % ${parts.join(", ")}`;
    // A line that wraps could not be drawn over; the last cell would wrap it, too.
    const widthMax = (columns ?? Infinity) - 1;
    const cells = Math.min(BAR_CELLS, widthMax - label.length - numbers.length - 2);
    if (cells < 1) return `${label} ${numbers}`.slice(0, Math.max(0, widthMax));
    const filled = Math.round(share * cells);
    return `${label} ${"━".repeat(filled)}${"─".repeat(cells - filled)} ${numbers}`;
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
