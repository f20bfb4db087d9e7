const COUNTER_MAX = 2 ** 26 - 1;
/** A fresh counter starts in the lower half, which leaves at least 2^25 ids per millisecond. */
const COUNTER_SEED_MAX = 2 ** 25 - 1;
const TAIL_BYTES = 6;
const POOL_BYTES = TAIL_BYTES * 1024;

/**
 * Generates UUIDs version 7 (RFC 9562, section 5.7) that only ever grow, byte by byte compared:
 * also within one millisecond, when the clock steps back, and after a restart that passes the
 * last id in.
 *
 * 48 bits of Unix milliseconds, 26 bits of counter (section 6.2, method 1: fixed bit-length,
 * seeded at random in every new millisecond), 48 random bits.
 */
export class UuidV7 {
  readonly #pool = new Uint8Array(POOL_BYTES);
  readonly #seed = new Uint32Array(1);
  #poolOffset = POOL_BYTES;
  #unixMs = 0;
  #counter = COUNTER_MAX;

  /**
   * @param options.after The newest id given out before; every new one will be greater.
   * @throws {RangeError} if `after` is not a UUID version 7.
   */
  constructor(options: { after?: Uint8Array } = {}) {
    const { after } = options;
    if (after === undefined) return;
    if (after.length !== 16 || after[6]! >> 4 !== 7 || after[8]! >> 6 !== 2) {
      throw new RangeError("`after` must be the 16 bytes of a UUID version 7");
    }
    const view = new DataView(after.buffer, after.byteOffset, 16);
    this.#unixMs = view.getUint32(0) * 0x10000 + view.getUint16(4);
    this.#counter = (view.getUint16(6) & 0xfff) << 14 | view.getUint16(8) & 0x3fff;
  }

  /**
   * The next id.
   *
   * @param unixMs The time now, in Unix milliseconds; a fraction is dropped.
   * @param id Receives it, 16 bytes. @default a new array
   */
  next(unixMs: number, id: Uint8Array = new Uint8Array(16)): Uint8Array {
    if (this.#poolOffset === POOL_BYTES) {
      crypto.getRandomValues(this.#pool);
      this.#poolOffset = 0;
    }
    this.#advance(Math.floor(unixMs));

    const ms = this.#unixMs;
    const msHigh = ms / 0x10000;
    const counter = this.#counter;
    id[0] = msHigh >>> 24;
    id[1] = msHigh >>> 16;
    id[2] = msHigh >>> 8;
    id[3] = msHigh >>> 0;
    id[4] = ms >>> 8;
    id[5] = ms >>> 0;
    id[6] = 0x70 | counter >>> 22;
    id[7] = counter >>> 14;
    id[8] = 0x80 | counter >>> 8 & 0x3f;
    id[9] = counter;
    for (let i = 10; i < 16; i++) id[i] = this.#pool[this.#poolOffset++]!;
    return id;
  }

  /** A clock that stands still or steps back keeps the last millisecond and counts on. */
  #advance(unixMs: number): void {
    if (unixMs <= this.#unixMs && this.#counter < COUNTER_MAX) {
      this.#counter++;
      return;
    }
    this.#unixMs = Math.max(unixMs, this.#unixMs + 1);
    this.#counter = crypto.getRandomValues(this.#seed)[0]! & COUNTER_SEED_MAX;
  }
}

/** Comes before every other id (RFC 9562, section 5.9). */
export const NIL_UUID = "00000000-0000-0000-0000-000000000000";

/** The canonical text of a UUID, in lower case: `0190163d-8694-739b-aea5-966c26f8ad91`. */
export function formatUuid(id: Uint8Array): string {
  const hex = id.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${
    hex.slice(20)
  }`;
}

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The 16 bytes of a UUID of any version in canonical text, or null if `text` is not one. */
export function parseUuid(text: string): Uint8Array<ArrayBuffer> | null {
  return CANONICAL.test(text) ? Uint8Array.fromHex(text.replaceAll("-", "")) : null;
}
