import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ChecksumError, DownloadError } from "./errors.ts";
import { PartJournal } from "./part_journal.ts";
import { askForFile, readRange, type RemoteFile, type RequestOptions } from "./remote_file.ts";

/** How a file is downloaded. */
export interface DownloadOptions extends RequestOptions {
  /** What it must be; without it, what the server says. */
  readonly sha256?: string | undefined;
  /** Told how much has come, what an earlier attempt left included. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** Bytes of a part. @default 16 MiB */
  readonly partBytes?: number | undefined;
  /** Pause after the first failure of a part, ms; doubled after every further one. @default 500 */
  readonly backoffMs?: number | undefined;
}

/** What was downloaded. */
export interface DownloadedFile {
  readonly sizeBytes: number;
  readonly sha256: string;
}

const PARALLEL_PARTS = 4;
const ATTEMPTS_PER_PART = 5;
const DEFAULT_PART_BYTES = 16 << 20;

/**
 * Downloads a file in parts, several at once, and goes on where an earlier attempt was cut off or
 * killed. At `path` there is nothing until the file is whole and its hash is right; until then it
 * grows in `path.part`, beside which `path.parts` says what has come.
 *
 * @throws {DownloadError} if it does not come; what came is kept
 * @throws {ChecksumError} if it is not what it should be; then nothing is kept
 */
export async function download(
  url: URL,
  path: string,
  options: DownloadOptions = {},
): Promise<DownloadedFile> {
  const file = await askForFile(url, options);
  const expected = options.sha256 ?? file.sha256;
  const partPath = `${path}.part`;
  const journal = await PartJournal.open(`${path}.parts`, {
    sizeBytes: file.sizeBytes,
    tag: expected ?? file.etag ?? "",
    partBytes: file.hasRanges ? options.partBytes ?? DEFAULT_PART_BYTES : file.sizeBytes,
  });
  if (journal.isNew) await Deno.remove(partPath).catch(() => {});
  using target = await Deno.open(partPath, { create: true, write: true });
  await new PartDownload(url, file, target, journal, options).run();
  await target.sync();
  const sha256 = await hashOf(partPath);
  await journal.remove();
  if (expected !== null && expected !== undefined && sha256 !== expected) {
    await Deno.remove(partPath);
    throw new ChecksumError(`${url} has the SHA-256 ${sha256} instead of ${expected}`, {
      hint: "try again; if it happens again, the file was changed, or the mirror is wrong",
    });
  }
  await Deno.rename(partPath, path);
  return { sizeBytes: file.sizeBytes, sha256 };
}

/** SHA-256 of a file, in hexadecimal. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

/** The parts of one file that are still missing, on their way. */
class PartDownload {
  readonly #url: URL;
  readonly #file: RemoteFile;
  readonly #target: Deno.FsFile;
  readonly #journal: PartJournal;
  readonly #options: DownloadOptions;
  #doneBytes: number;

  constructor(
    url: URL,
    file: RemoteFile,
    target: Deno.FsFile,
    journal: PartJournal,
    options: DownloadOptions,
  ) {
    this.#url = url;
    this.#file = file;
    this.#target = target;
    this.#journal = journal;
    this.#options = options;
    this.#doneBytes = journal.doneBytes;
  }

  async run(): Promise<void> {
    this.#report(0);
    const missing = this.#journal.missing();
    const failure = new AbortController();
    const signal = AbortSignal.any([failure.signal, ...[this.#options.signal ?? []].flat()]);
    const workers = Array.from({ length: PARALLEL_PARTS }, async () => {
      for (let part; (part = missing.shift()) !== undefined;) await this.#fetch(part, signal);
    });
    try {
      await Promise.all(workers);
    } catch (error) {
      failure.abort(error);
      await Promise.allSettled(workers);
      throw error;
    }
  }

  async #fetch(part: number, signal: AbortSignal): Promise<void> {
    const { backoffMs = 500 } = this.#options;
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#fetchOnce(part, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!(error instanceof DownloadError) || attempt === ATTEMPTS_PER_PART) throw error;
        const pauseMs = backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random());
        await delay(pauseMs, undefined, { signal });
      }
    }
  }

  async #fetchOnce(part: number, signal: AbortSignal): Promise<void> {
    const { firstByte, lastByte } = this.#journal.rangeOf(part);
    const partBytes = lastByte - firstByte + 1;
    const isWhole = partBytes === this.#file.sizeBytes;
    const stream = await readRange(this.#file, this.#url, firstByte, isWhole ? null : lastByte, {
      ...this.#options,
      signal,
    });
    let received = 0;
    try {
      for await (const chunk of stream) {
        if (received + chunk.length > partBytes) {
          throw new Error("it is longer than the server said");
        }
        this.#write(chunk, firstByte + received);
        received += chunk.length;
        this.#report(chunk.length);
      }
      if (received < partBytes) throw new Error(`it ended ${partBytes - received} bytes early`);
    } catch (cause) {
      this.#report(-received);
      throw new DownloadError(
        `${this.#url} was cut off: ${(cause as Error).message}`,
        { hint: "try again; what has come is kept", cause },
      );
    }
    await this.#journal.add(part);
  }

  /** Others write elsewhere in the file: nothing may come between place and contents. */
  #write(chunk: Uint8Array, position: number): void {
    let written = 0;
    while (written < chunk.length) {
      this.#target.seekSync(position + written, Deno.SeekMode.Start);
      written += this.#target.writeSync(chunk.subarray(written));
    }
  }

  #report(bytes: number): void {
    this.#doneBytes += bytes;
    this.#options.onProgress?.(this.#doneBytes, this.#file.sizeBytes);
  }
}
