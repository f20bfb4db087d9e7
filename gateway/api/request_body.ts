import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { concatenate } from "./concatenate.ts";
import { BodyTooLargeError, BrokenBodyError, UnsupportedMediaTypeError } from "./errors.ts";

/**
 * Of a body whose length nobody knows, which comes in chunks as the client has cut it. The runtime
 * (Deno 2.9) gives one chunk for a read, and takes in as much more as would have fitted: with larger
 * pieces, what small chunks leave behind grows, and is moved for each of them.
 */
const PIECE_BYTES = 1_024;
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
  const pieces = request.headers.has("content-length") ? request.body : piecesOf(request.body);
  try {
    yield* encoding === "gzip" ? gunzipped(pieces) : pieces;
  } catch (cause) {
    const problem = encoding === "gzip" ? `${ENDED_EARLY} or is not gzip` : ENDED_EARLY;
    throw new BrokenBodyError(problem, { cause });
  }
}

function piecesOf(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    return smallPieces(body.getReader({ mode: "byob" }));
  } catch {
    return body; // It was made in this process.
  }
}

async function* smallPieces(reader: ReadableStreamBYOBReader): AsyncGenerator<Uint8Array> {
  try {
    while (true) {
      const { value, done } = await reader.read(new Uint8Array(PIECE_BYTES));
      if (done) return;
      // An event keeps the memory that it lies in.
      yield value.length > PIECE_BYTES / 2 ? value : value.slice();
    }
  } finally {
    await reader.cancel();
  }
}

/** Unlike a `DecompressionStream`, it takes bodies of several members, and gives small chunks. */
function gunzipped(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip();
  // Whoever reads it is told of errors; without the callback, the process would be.
  pipeline(Readable.from(body), gunzip, () => {});
  return gunzip;
}
