/** Bytes that are appended to, all of them zero until they are written. */
export class ByteBuffer {
  #bytes = new Uint8Array(0);
  #length = 0;
  /** What was needed last time, as batches resemble each other: no growing, hence no copying. */
  #expectedLength = 0;

  get length(): number {
    return this.#length;
  }

  /** What was appended, to be read or written until the next {@linkcode extend}. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends `byteCount` zeros and returns them, to be written until the next call. */
  extend(byteCount: number): Uint8Array<ArrayBuffer> {
    const start = this.#length;
    this.#length += byteCount;
    if (this.#length > this.#bytes.length) {
      const old = this.#bytes;
      this.#bytes = new Uint8Array(Math.max(this.#length, old.length * 2, this.#expectedLength));
      this.#bytes.set(old.subarray(0, start));
    }
    return this.#bytes.subarray(start, this.#length);
  }

  /** Hands over everything that was appended, and begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes;
    this.#expectedLength = this.#length;
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return taken;
  }
}
