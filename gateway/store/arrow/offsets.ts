import { ResultTooLargeError } from "../errors.ts";
import { ByteBuffer } from "./byte_buffer.ts";

/** What Arrow's 32-bit offsets reach. */
const MAX_OFFSET = 2 ** 31 - 1;

/** Where the values of strings and lists begin and end: one offset more than there are rows. */
export class Offsets {
  readonly #offsets = new ByteBuffer();
  #last = 0;

  constructor() {
    this.#offsets.extend(4);
  }

  /**
   * Appends values of these lengths.
   *
   * @returns the sum of the lengths
   * @throws {ResultTooLargeError} if a batch can't hold that much
   */
  append(lengths: Uint32Array): number {
    const bytes = this.#offsets.extend(lengths.length * Int32Array.BYTES_PER_ELEMENT);
    const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, lengths.length);
    const first = this.#last;
    let last = first;
    for (let row = 0; row < offsets.length; row++) {
      last += lengths[row]!;
      offsets[row] = last;
    }
    if (last > MAX_OFFSET) throw new ResultTooLargeError({});
    this.#last = last;
    return last - first;
  }

  /** Hands over the offsets, and begins anew. */
  take(): Int32Array<ArrayBuffer> {
    const { buffer, byteOffset, length } = this.#offsets.take();
    this.#offsets.extend(4);
    this.#last = 0;
    return new Int32Array(buffer, byteOffset, length / 4);
  }
}
