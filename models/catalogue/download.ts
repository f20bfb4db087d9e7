import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { ModelError } from "../errors.ts";
import { assertSpace, bytesOnDisk } from "./disk_space.ts";
import { ChecksumError, DiskSpaceError, DownloadError } from "./errors.ts";
import { PartJournal } from "./part_journal.ts";
import { exists, removeAll } from "./paths.ts";
import { askForFile, readRange, type RequestOptions } from "./remote_file.ts";
import { type RetryOptions, withRetries } from "./retries.ts";
import { StallTimer } from "./stall_timer.ts";

/** How a file is downloaded. */
export interface DownloadOptions extends RequestOptions, RetryOptions {
  /** What it must be; without it, what the server says. */
  readonly sha256?: string | undefined;
  /** Told how much has come, what an earlier attempt left included. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** Bytes of a part. @default 16 MiB */
  readonly partBytes?: number | undefined;
  /** A server that sends nothing for so long is asked anew, ms. @default 30,000 */
  readonly stallTimeoutMs?: number | undefined;
}

/** What was downloaded. */
export interface DownloadedFile {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Whether the hash was known beforehand; if not, it says only what came. */
  readonly isVerified: boolean;
}

/** What is known of a file before it is downloaded. */
interface KnownFile {
  readonly url: URL;
  readonly sizeBytes: number;
  readonly hasRanges: boolean;
  /** Tells its parts from those of a later version, where there is no hash to tell by. */
  readonly etag: string | null;
}

const PARALLEL_PARTS = 4;
const DEFAULT_PART_BYTES = 16 << 20;
const DEFAULT_STALL_TIMEOUT_MS = 30_000;

/**
 * Downloads a file in parts, several at once, and goes on where an earlier attempt was cut off or
 * killed. At `path` there is nothing until the file is whole and its hash is right; until then it
 * grows in `path.part`, beside which `path.parts` says what has come. Nobody else may download to
 * the same path meanwhile.
 *
 * @throws {DownloadError | DownloadRefusedError} if it does not come; what came is kept
 * @throws {ChecksumError} if it is not what it should be; then nothing is kept
 * @throws {DiskSpaceError} if there is no room for it
 */
export async function download(
  url: URL,
  path: string,
  options: DownloadOptions = {},
): Promise<DownloadedFile> {
  const { partBytes = DEFAULT_PART_BYTES } = options;
  const partPath = `${path}.part`;
  const journalPath = `${path}.parts`;
  const { sizeBytes, hasRanges, etag, sha256: told } = await withRetries(
    () => ask(url, options),
    options,
  );
  const expected = options.sha256 ?? told;
  if (expected !== null && told !== null && told !== expected) throw wrongHash(url, told, expected);
  if (expected !== null && await isFile(path, sizeBytes, expected)) {
    return { sizeBytes, sha256: expected, isVerified: true };
  }

  if (!await exists(partPath)) await removeAll(journalPath);
  const journal = await PartJournal.open(journalPath, {
    sizeBytes,
    tag: expected ?? etag ?? "",
    partBytes: hasRanges ? partBytes : sizeBytes,
  });
  if (journal.isNew) await removeAll(partPath);
  await assertSpace(dirname(path), sizeBytes - await bytesOnDisk(partPath));
  {
    using target = await Deno.open(partPath, { create: true, write: true });
    const file = { url, sizeBytes, hasRanges, etag: expected === null ? etag : null };
    await new PartDownload(file, target, journal, options).run();
  }

  const sha256 = await hashOf(partPath);
  if (expected !== null && sha256 !== expected) {
    await removeAll(journalPath);
    await removeAll(partPath);
    throw wrongHash(url, sha256, expected);
  }
  await Deno.rename(partPath, path);
  await removeAll(journalPath);
  return { sizeBytes, sha256, isVerified: expected !== null };
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
  readonly #file: KnownFile;
  readonly #target: Deno.FsFile;
  readonly #journal: PartJournal;
  readonly #options: DownloadOptions;
  #doneBytes: number;

  constructor(
    file: KnownFile,
    target: Deno.FsFile,
    journal: PartJournal,
    options: DownloadOptions,
  ) {
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
    const signal = anyOf(failure.signal, this.#options.signal);
    const workers = Array.from({ length: PARALLEL_PARTS }, async () => {
      for (let part; (part = missing.shift()) !== undefined;) {
        const wanted = part;
        await withRetries(() => this.#fetch(wanted, signal), { ...this.#options, signal });
      }
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
    const { url, hasRanges, etag } = this.#file;
    const range = this.#journal.rangeOf(part);
    const partBytes = range.lastByte - range.firstByte + 1;
    let receivedBytes = 0;
    using stall = stallTimer(url, this.#options);
    try {
      const stream = await readRange(url, hasRanges ? range : null, etag, {
        ...this.#options,
        signal: anyOf(signal, stall.signal),
      });
      for await (const chunk of stream) {
        stall.restart();
        if (receivedBytes + chunk.length > partBytes) throw cut(url, "more came than was said");
        this.#write(chunk, range.firstByte + receivedBytes);
        receivedBytes += chunk.length;
        this.#report(chunk.length);
      }
      if (receivedBytes < partBytes) {
        throw cut(url, `it ended ${partBytes - receivedBytes} bytes early`);
      }
    } catch (error) {
      this.#report(-receivedBytes);
      throw error instanceof ModelError ? error : cut(url, (error as Error).message, error);
    }
    // Before the journal says that the part has come: a power cut may follow.
    await this.#target.syncData();
    await this.#journal.add(part);
  }

  /** Others write elsewhere in the file: nothing may come between place and contents. */
  #write(chunk: Uint8Array, position: number): void {
    try {
      let written = 0;
      while (written < chunk.length) {
        this.#target.seekSync(position + written, Deno.SeekMode.Start);
        written += this.#target.writeSync(chunk.subarray(written));
      }
    } catch (cause) {
      throw new DiskSpaceError(`the disk takes no more: ${(cause as Error).message}`, {
        hint: "make room, and try again; what has come is kept",
        cause,
      });
    }
  }

  #report(bytes: number): void {
    this.#doneBytes += bytes;
    this.#options.onProgress?.(this.#doneBytes, this.#file.sizeBytes);
  }
}

async function ask(url: URL, options: DownloadOptions) {
  using stall = stallTimer(url, options);
  return await askForFile(url, { ...options, signal: anyOf(stall.signal, options.signal) });
}

function stallTimer(url: URL, { stallTimeoutMs }: DownloadOptions): StallTimer {
  return new StallTimer(url, stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS);
}

function anyOf(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}

async function isFile(path: string, sizeBytes: number, sha256: string): Promise<boolean> {
  return await exists(path) && (await Deno.stat(path)).size === sizeBytes &&
    await hashOf(path) === sha256;
}

function cut(url: URL, reason: string, cause?: unknown): DownloadError {
  return new DownloadError(`${url} was cut off: ${reason}`, {
    hint: "try again; what has come is kept",
    cause,
  });
}

function wrongHash(url: URL, found: string, expected: string): ChecksumError {
  return new ChecksumError(`${url} has the SHA-256 ${found} instead of ${expected}`, {
    hint: "try again; if it happens again, the file was changed, or the mirror is wrong",
  });
}
