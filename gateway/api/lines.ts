import { concatenate } from "./concatenate.ts";
import { BodyTooLargeError } from "./errors.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Some of a stream's lines, without their ends. */
export interface LineBatch {
  /** Index of the first line. */
  readonly firstIndex: number;
  readonly lines: readonly Uint8Array[];
}

/**
 * Cuts a stream into lines, a batch for each chunk of the stream, in bounded memory. The lines may
 * be views of the chunk.
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
  const release = (): Uint8Array => {
    const line = parts.length === 1 ? parts[0]! : concatenate(parts, partBytes);
    parts = [];
    partBytes = 0;
    return withoutCarriageReturn(line);
  };
  for await (const chunk of chunks) {
    const firstIndex = index;
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end; (end = chunk.indexOf(LINE_FEED, start)) !== -1; start = end + 1) {
      hold(chunk.subarray(start, end));
      lines.push(release());
      index++;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
    if (lines.length > 0) yield { firstIndex, lines };
  }
  if (partBytes > 0) yield { firstIndex: index, lines: [release()] };
}

function withoutCarriageReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
