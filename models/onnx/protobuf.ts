const VARINT = 0;
const LENGTH_DELIMITED = 2;

/**
 * Writes messages in the protocol buffers wire format, field by field.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  readonly #bytes: number[] = [];

  /** An `int32`, `int64`, `enum` or `bool` field; not negative. */
  integer(field: number, value: number): this {
    this.#varint(field << 3 | VARINT);
    this.#varint(value);
    return this;
  }

  /** A `string` field. */
  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** A `bytes` field. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint(field << 3 | LENGTH_DELIMITED);
    this.#varint(value.length);
    for (const byte of value) this.#bytes.push(byte); // too many to be spread
    return this;
  }

  /** A field that is a message itself. */
  message(field: number, write: (message: ProtobufWriter) => void): this {
    const message = new ProtobufWriter();
    write(message);
    return this.bytes(field, message.finish());
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes.push(rest % 0x80 | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }
}
