import { isAscii } from "node:buffer";
import { concatenate } from "./concatenate.ts";
import { BodyTooLargeError } from "./errors.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line without its end. */
export interface Line {
  readonly bytes: Uint8Array;
  /** The same as text, where that costs nothing. */
  readonly text?: string;
}

/** Some of a stream's lines. */
export interface LineBatch {
  /** Index of the first line. */
  readonly firstIndex: number;
  readonly lines: readonly Line[];
}

/** Lines of a batch: a chunk that is decompressed may be nothing but line ends. */
const MAX_BATCH_LINES = 1_024;

const ascii = new TextDecoder("latin1");

/**
 * Cuts a stream into lines, a batch or more for each chunk of the stream, in bounded memory. The
 * lines may be views of the chunk.
 *
 * @throws {BodyTooLargeError} when a line has more than `maxLineBytes`
 * @see https://github.com/ndjson/ndjson-spec
 */
export async function* lineBatches(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<LineBatch> {
  let index = 0;
  /** The beginning of a line that goes on in the next chunk. */
  let parts: Uint8Array[] = [];
  let partBytes = 0;
  const hold = (part: Uint8Array) => {
    parts.push(part);
    partBytes += part.length;
    if (partBytes > maxLineBytes) throw new BodyTooLargeError(`line ${index + 1}`, maxLineBytes);
  };
  const release = (): Line => {
    const bytes = parts.length === 1 ? parts[0]! : concatenate(parts, partBytes);
    parts = [];
    partBytes = 0;
    return { bytes: withoutCarriageReturn(bytes) };
  };
  for await (const chunk of chunks) {
    // Decoded once, because a call for every line would cost as much as parsing it.
    const text = isAscii(chunk) ? ascii.decode(chunk) : null;
    let lines: Line[] = [];
    let start = 0;
    for (let end; (end = chunk.indexOf(LINE_FEED, start)) !== -1; start = end + 1) {
      const isWhole = partBytes === 0;
      hold(chunk.subarray(start, end));
      const line = release();
      lines.push(
        isWhole && text !== null
          ? { bytes: line.bytes, text: text.slice(start, start + line.bytes.length) }
          : line,
      );
      index++;
      if (lines.length < MAX_BATCH_LINES) continue;
      yield { firstIndex: index - lines.length, lines };
      lines = [];
    }
    if (start < chunk.length) hold(chunk.subarray(start));
    if (lines.length > 0) yield { firstIndex: index - lines.length, lines };
  }
  if (partBytes > 0) yield { firstIndex: index, lines: [release()] };
}

function withoutCarriageReturn(line: Uint8Array): Uint8Array {
  const isThere = line[line.length - 1] === CARRIAGE_RETURN;
  return isThere ? line.subarray(0, -1) : line;
}
