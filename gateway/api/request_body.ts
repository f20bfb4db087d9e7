import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { concatenate } from "./concatenate.ts";
import { BodyTooLargeError, BrokenBodyError, UnsupportedMediaTypeError } from "./errors.ts";

const ENDED_EARLY = "the body ended early";

/**
 * Reads a whole body of bounded size, decompressed.
 *
 * @param maxBytes for the body, and for what it decompresses to
 * @throws {BodyTooLargeError} as soon as it is known
 * @throws {BrokenBodyError | UnsupportedMediaTypeError}
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declaredBytes = Number(request.headers.get("content-length") ?? NaN);
  if (declaredBytes > maxBytes) throw new BodyTooLargeError("the body", maxBytes);
  // What is declared and within the limit needs no counting.
  if (!Number.isNaN(declaredBytes) && !request.headers.has("content-encoding")) {
    try {
      return await request.bytes();
    } catch (cause) {
      throw new BrokenBodyError(ENDED_EARLY, { cause });
    }
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bodyStream(request)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BodyTooLargeError("the decompressed body", maxBytes);
    chunks.push(chunk);
  }
  return concatenate(chunks, bytes);
}

/**
 * The body's bytes as they arrive, decompressed.
 *
 * @throws {BrokenBodyError | UnsupportedMediaTypeError}
 */
export async function* bodyStream(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new UnsupportedMediaTypeError(
      `Content-Encoding ${encoding} is not supported`,
      "Send the body with Content-Encoding: gzip, or as it is.",
    );
  }
  try {
    yield* encoding === "gzip" ? gunzipped(request.body) : request.body;
  } catch (cause) {
    const problem = encoding === "gzip" ? `${ENDED_EARLY} or is not gzip` : ENDED_EARLY;
    throw new BrokenBodyError(problem, { cause });
  }
}

/** Unlike a `DecompressionStream`, it takes bodies of several members, and gives small chunks. */
function gunzipped(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip();
  // Whoever reads it is told of errors; without the callback, the process would be.
  pipeline(Readable.from(body), gunzip, () => {});
  return gunzip;
}
