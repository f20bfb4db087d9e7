import { DownloadError, DownloadRefusedError } from "./errors.ts";

/** What a server says of a file. */
export interface RemoteFile {
  readonly sizeBytes: number;
  /** Changes when the file does. */
  readonly etag: string | null;
  /** Of the contents, where the server tells it. */
  readonly sha256: string | null;
  /** Whether parts of it can be asked for. */
  readonly hasRanges: boolean;
}

/** How a server is asked. */
export interface RequestOptions {
  /** Sent to the origin of the first address only. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The bytes from the first to the last one, which is included. */
export interface ByteRange {
  readonly firstByte: number;
  readonly lastByte: number;
}

/** What was found at the end of the redirects. */
interface Answer {
  /** 200 or 206. */
  readonly response: Response;
  /** What the hub says of the file that it redirects to. */
  readonly linkedSha256: string | null;
  readonly linkedSizeBytes: number | null;
}

const REDIRECTS_MAX = 5;
const SHA256 = /^[0-9a-f]{64}$/;
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

/**
 * Asks a server about a file: for its first byte, because that shows whether parts of it can be had,
 * and because addresses that a hub signs for GET refuse HEAD. For large files a hub redirects to
 * where they lie, and tells their size and hash in headers of its own.
 *
 * @throws {DownloadError} if it can't be had now
 * @throws {DownloadRefusedError} if it can't be had at all
 */
export async function askForFile(url: URL, options: RequestOptions = {}): Promise<RemoteFile> {
  const { response, linkedSha256, linkedSizeBytes } = await get(
    url,
    { firstByte: 0, lastByte: 0 },
    options,
  );
  await response.body?.cancel();
  const { headers, status } = response;
  const hasRanges = status === 206;
  const sizeBytes = hasRanges
    ? numberOf(CONTENT_RANGE.exec(headers.get("Content-Range") ?? "")?.[3])
    : numberOf(headers.get("Content-Length")) ?? linkedSizeBytes;
  if (sizeBytes === null) throw failed(url, "the server does not say how large it is");
  if (linkedSizeBytes !== null && linkedSizeBytes !== sizeBytes) {
    throw failed(url, `the hub says ${linkedSizeBytes} bytes, and its storage ${sizeBytes}`);
  }
  return { sizeBytes, etag: headers.get("ETag"), sha256: linkedSha256, hasRanges };
}

/**
 * Asks for a part of a file. It begins at the first address every time: those that a hub redirects
 * to expire after a while.
 *
 * @param range null = the whole file
 * @param etag what the file's must still be; null = any
 * @throws {DownloadError} if it can't be had now
 * @throws {DownloadRefusedError} if it can't be had at all
 */
export async function readRange(
  url: URL,
  range: ByteRange | null,
  etag: string | null,
  options: RequestOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { response } = await get(url, range, options);
  const problem = problemOf(response, range, etag);
  if (problem === null && response.body !== null) return response.body;
  await response.body?.cancel();
  throw failed(url, problem ?? "the answer is empty");
}

function problemOf(
  { status, headers }: Response,
  range: ByteRange | null,
  etag: string | null,
): string | null {
  if (etag !== null && headers.get("ETag") !== etag) return "it was changed meanwhile";
  if (range === null) return status === 200 ? null : "a part came instead of the whole";
  const [, first, last] = CONTENT_RANGE.exec(headers.get("Content-Range") ?? "") ?? [];
  const isRight = status === 206 && Number(first) === range.firstByte &&
    Number(last) === range.lastByte;
  return isRight ? null : "another part came than was asked for";
}

async function get(start: URL, range: ByteRange | null, options: RequestOptions): Promise<Answer> {
  let url = start;
  let linkedSha256: string | null = null;
  let linkedSizeBytes: number | null = null;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const response = await request(url, start, range, options);
    const { status, headers } = response;
    linkedSha256 ??= sha256Of(headers.get("X-Linked-Etag"));
    linkedSizeBytes ??= numberOf(headers.get("X-Linked-Size"));
    if (status === 200 || status === 206) return { response, linkedSha256, linkedSizeBytes };
    await response.body?.cancel();
    const location = headers.get("Location");
    if (status < 300 || status >= 400 || location === null) throw refusal(start, url, response);
    url = new URL(location, url);
  }
  throw new DownloadRefusedError(`${start} is redirected more than ${REDIRECTS_MAX} times`, {
    hint: "correct the address, or --hub-url",
  });
}

async function request(
  url: URL,
  start: URL,
  range: ByteRange | null,
  { token, signal }: RequestOptions,
): Promise<Response> {
  if (start.protocol === "https:" && url.protocol !== "https:") {
    throw new DownloadRefusedError(`${start} is redirected to ${url.origin}, without encryption`, {
      hint: "choose another mirror with --hub-url",
    });
  }
  // A compressed answer has another length.
  const headers = new Headers({ "Accept-Encoding": "identity" });
  if (range !== null) headers.set("Range", `bytes=${range.firstByte}-${range.lastByte}`);
  if (token !== undefined && url.origin === start.origin) {
    headers.set("Authorization", `Bearer ${token}`);
  }
  try {
    return await fetch(url, { redirect: "manual", signal: signal ?? null, headers });
  } catch (cause) {
    signal?.throwIfAborted();
    throw failed(start, (cause as Error).message, cause);
  }
}

function refusal(start: URL, url: URL, { status, headers }: Response): Error {
  const message = `${start} can't be downloaded: ${url.host} answered ${status}`;
  // The storage behind a hub says so of addresses that have expired.
  if ((status === 401 || status === 403) && url.origin === start.origin) {
    return new DownloadRefusedError(message, {
      hint: "for a model of the hub, set HF_TOKEN to a token that may read it; " +
        "any other file download yourself, and give its path",
    });
  }
  if (status === 404 || status === 410) {
    return new DownloadRefusedError(message, {
      hint: "see whether the address is right, and whether --hub-url is a mirror that has it",
    });
  }
  const seconds = numberOf(headers.get("Retry-After"));
  return new DownloadError(message, {
    hint: status === 429
      ? "wait a while, or set HF_TOKEN: the hub lets through more of those it knows"
      : "try again later; what has come is kept",
    retryAfterMs: seconds === null ? undefined : seconds * 1000,
  });
}

function failed(url: URL, reason: string, cause?: unknown): DownloadError {
  return new DownloadError(`${url} can't be downloaded: ${reason}`, {
    hint: "try again; what has come is kept",
    cause,
  });
}

/** The hub's entity tag of a large file is its hash; that of a small one is something else. */
function sha256Of(etag: string | null): string | null {
  const text = etag?.replaceAll('"', "") ?? "";
  return SHA256.test(text) ? text : null;
}

function numberOf(text: string | null | undefined): number | null {
  return text && /^\d+$/.test(text) ? Number(text) : null;
}
