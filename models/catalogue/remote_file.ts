import { DownloadError } from "./errors.ts";

/** What a server says of a file. */
export interface RemoteFile {
  /** Where it finally lies; such addresses expire, so it is asked for anew by every download. */
  readonly url: URL;
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
  /** Sent to the host of the first address only. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MAX_REDIRECTS = 5;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Asks a server about a file. A hub answers for large files with a redirect to where they lie, which
 * carries size and hash of the file in headers of its own.
 *
 * @throws {DownloadError} if it can't be had
 */
export async function askForFile(start: URL, options: RequestOptions = {}): Promise<RemoteFile> {
  let url = start;
  let sha256: string | null = null;
  let linkedSize: number | null = null;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(url, "HEAD", start, options);
    const linkedEtag = unquoted(response.headers.get("X-Linked-Etag"));
    if (linkedEtag !== null && SHA256.test(linkedEtag)) sha256 = linkedEtag;
    linkedSize ??= numberOf(response.headers.get("X-Linked-Size"));
    const location = response.headers.get("Location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      url = new URL(location, url);
      continue;
    }
    if (!response.ok) throw refusal(start, response);
    const sizeBytes = linkedSize ?? numberOf(response.headers.get("Content-Length"));
    if (sizeBytes === null) throw failed(start, "the server does not say how large it is");
    return {
      url,
      sizeBytes,
      etag: unquoted(response.headers.get("ETag")),
      sha256,
      hasRanges: response.headers.get("Accept-Ranges") === "bytes",
    };
  }
  throw failed(start, `more than ${MAX_REDIRECTS} redirects`);
}

/**
 * Asks for a part of a file.
 *
 * @param start the address that the operator knows, whose host alone gets the token
 * @param lastByte inclusive; without it, the whole file is asked for
 * @throws {DownloadError} if it is refused or the server can't be reached
 */
export async function readRange(
  file: RemoteFile,
  start: URL,
  firstByte: number,
  lastByte: number | null,
  options: RequestOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const range = lastByte === null ? {} : { Range: `bytes=${firstByte}-${lastByte}` };
  const response = await request(file.url, "GET", start, options, range);
  const expected = lastByte === null ? 200 : 206;
  if (response.status !== expected || response.body === null) {
    await response.body?.cancel();
    throw response.ok
      ? failed(start, `the server answered ${response.status} where ${expected} was expected`)
      : refusal(start, response);
  }
  return response.body;
}

async function request(
  url: URL,
  method: string,
  start: URL,
  { token, signal }: RequestOptions,
  headers: Record<string, string> = {},
): Promise<Response> {
  if (url.protocol !== "https:" && url.hostname !== start.hostname) {
    throw failed(start, `it was redirected to ${url.origin}, which is not encrypted`);
  }
  try {
    return await fetch(url, {
      method,
      redirect: "manual",
      signal: signal ?? null,
      headers: {
        // A compressed answer has another length.
        "Accept-Encoding": "identity",
        ...headers,
        ...(token !== undefined && url.host === start.host
          ? { Authorization: `Bearer ${token}` }
          : {}),
      },
    });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw failed(start, (cause as Error).message, cause);
  }
}

function refusal(url: URL, { status }: Response): DownloadError {
  const [reason, hint] = status === 401 || status === 403
    ? ["it asks for a token", "set HF_TOKEN to a token that may read it"]
    : status === 404
    ? ["it is not there", "see whether --hub-url is a mirror that has it"]
    : status === 429
    ? ["it has had too many requests", "wait a while, or set HF_TOKEN"]
    : [`it answered ${status}`, "try again later; what has come is kept"];
  return new DownloadError(`${url} can't be downloaded: ${reason}`, { hint });
}

function failed(url: URL, reason: string, cause?: unknown): DownloadError {
  return new DownloadError(`${url} can't be downloaded: ${reason}`, {
    hint: "try again; what has come is kept",
    cause,
  });
}

/** An entity tag without its quotes and without the mark of a weak one (RFC 9110, section 8.8.3). */
function unquoted(etag: string | null): string | null {
  return etag?.replace(/^W\//, "").replaceAll('"', "") ?? null;
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
