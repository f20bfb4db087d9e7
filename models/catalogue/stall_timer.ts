import { DownloadError } from "./errors.ts";

/** Aborts a request for a file while nothing of it comes. */
export class StallTimer implements Disposable {
  readonly #abort = new AbortController();
  readonly #url: URL;
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: URL, limitMs: number) {
    this.#url = url;
    this.#limitMs = limitMs;
    this.restart();
  }

  /** Aborted with a {@linkcode DownloadError}. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something has come. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const seconds = this.#limitMs / 1000;
      this.#abort.abort(
        new DownloadError(`nothing of ${this.#url} came for ${seconds} s`, {
          hint: "try again; what has come is kept",
        }),
      );
    }, this.#limitMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
