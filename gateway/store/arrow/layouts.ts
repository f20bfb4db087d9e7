import { UnrepresentableValueError } from "./errors.ts";

/** How values of a fixed width get from DuckDB's vectors into Arrow's. */
export interface Layout {
  /** Bytes that a value takes in DuckDB. */
  readonly sourceBytes: number;
  /** Bytes that it takes in Arrow. */
  readonly targetBytes: number;
  /** Writes all values of `source` to `target`, both aligned to their values. */
  write(source: Uint8Array<ArrayBuffer>, target: Uint8Array<ArrayBuffer>): void;
}

/** Values that look the same in both. */
export function unchanged(bytes: number): Layout {
  return {
    sourceBytes: bytes,
    targetBytes: bytes,
    write: (source, target) => target.set(source),
  };
}

/** UUIDs are little-endian in DuckDB, with the top bit flipped so that they sort as integers. */
export const UUID_LAYOUT: Layout = {
  sourceBytes: 16,
  targetBytes: 16,
  write(source, target) {
    for (let first = 0; first < source.length; first += 16) {
      for (let i = 0; i < 16; i++) target[first + i] = source[first + 15 - i]!;
      target[first]! ^= 0x80;
    }
  },
};

const NANOS_PER_MICRO = 1000n;

/** Intervals of i32 months, i32 days, then i64 µs in DuckDB and ns in Arrow. */
export const INTERVAL_LAYOUT: Layout = {
  sourceBytes: 16,
  targetBytes: 16,
  write(source, target) {
    target.set(source);
    const words = new BigInt64Array(target.buffer, target.byteOffset, target.length / 8);
    for (let i = 1; i < words.length; i += 2) {
      const nanos = words[i]! * NANOS_PER_MICRO;
      if (BigInt.asIntN(64, nanos) !== nanos) {
        throw new UnrepresentableValueError("an interval has more than 292 years of nanoseconds");
      }
      words[i] = nanos;
    }
  },
};

/** Integers that take more bytes in Arrow; decimals are as narrow as they fit in DuckDB. */
export function widened(
  sourceBytes: 2 | 4 | 8 | 16,
  targetBytes: 16 | 32,
  { signed }: { signed: boolean },
): Layout {
  const sourceWords = Math.max(sourceBytes / 4, 1);
  const targetWords = targetBytes / 4;
  const Source = sourceBytes === 2 ? Int16Array : Int32Array;
  return {
    sourceBytes,
    targetBytes,
    write({ buffer, byteOffset, length }, target) {
      const from = new Source(buffer, byteOffset, length / Source.BYTES_PER_ELEMENT);
      const to = new Int32Array(target.buffer, target.byteOffset, target.length / 4);
      for (let f = 0, t = 0; t < to.length; f += sourceWords, t += targetWords) {
        for (let i = 0; i < sourceWords; i++) to[t + i] = from[f + i]!;
        const extension = signed ? from[f + sourceWords - 1]! >> 31 : 0;
        for (let i = sourceWords; i < targetWords; i++) to[t + i] = extension;
      }
    },
  };
}
