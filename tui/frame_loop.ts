/** What draws, and where to. */
export interface FrameLoopOptions {
  /** Draws a frame and returns what is to be written; empty = nothing has changed. */
  readonly draw: () => string;
  readonly write: (output: string) => Promise<void>;
  /** Told what drawing has thrown; nothing is drawn after that. */
  readonly onError: (error: unknown) => void;
  /** Told how long a frame has kept the thread, ms. */
  readonly onFrame?: ((durationMs: number) => void) | undefined;
}

/** 60 frames a second are enough. */
const MIN_INTERVAL_MS = 16;

/** Draws when there is something new, at once if possible, but not before the last frame is out. */
export class FrameLoop {
  readonly #options: FrameLoopOptions;
  #lastMs = -Infinity;
  #isWanted = false;
  #isBusy = false;
  #isStopped = false;

  constructor(options: FrameLoopOptions) {
    this.#options = options;
  }

  /** Says that there is something new. */
  invalidate(): void {
    this.#isWanted = true;
    if (this.#isBusy || this.#isStopped) return;
    this.#isBusy = true;
    const waitMs = this.#lastMs + MIN_INTERVAL_MS - performance.now();
    setTimeout(() => this.#frame().catch(this.#options.onError), Math.max(0, waitMs));
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #frame(): Promise<void> {
    if (this.#isStopped) return;
    this.#isWanted = false;
    this.#lastMs = performance.now();
    const output = this.#options.draw();
    this.#options.onFrame?.(performance.now() - this.#lastMs);
    // A terminal that is slow gets fewer frames, not a queue of them.
    if (output !== "") await this.#options.write(output);
    this.#isBusy = false;
    if (this.#isWanted) this.invalidate();
  }
}
