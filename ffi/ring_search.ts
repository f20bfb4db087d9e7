/** Which frames a search looks at. All conditions must hold. */
export interface RingSearchFilter {
  /** Earliest arrival, inclusive, Unix µs. */
  readonly sinceUs?: number;
  /** Latest arrival, exclusive, Unix µs. */
  readonly untilUs?: number;
  /** 8 bytes as they stand in the frame. */
  readonly conversationHash?: Uint8Array;
  readonly intentId?: number;
  /** The frames' `embedder` field: vectors of different embedders say nothing of each other. */
  readonly embedder?: number;
}

/** A frame that a search has found. */
export interface RingMatch {
  /** 16 bytes. */
  readonly eventId: Uint8Array;
  readonly frameId: number;
  /** Similarity to what was asked for, -1 to 1. */
  readonly cosine: number;
}

const FILTER_BYTES = 40;
const ANY_INTENT = -(2 ** 31);
const ANY_EMBEDDER = 0;
const EARLIEST_US = -(2n ** 63n);
const LATEST_US = 2n ** 63n - 1n;

/** Size of `struct cs_match`. */
export const RING_MATCH_BYTES = 32;

/** The filter as `struct cs_search_filter` of `seqlock.c`. */
export function encodeSearchFilter(filter: RingSearchFilter): Uint8Array<ArrayBuffer> {
  const { sinceUs, untilUs, conversationHash } = filter;
  const bytes = new Uint8Array(FILTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, sinceUs === undefined ? EARLIEST_US : BigInt(sinceUs), true);
  view.setBigInt64(8, untilUs === undefined ? LATEST_US : BigInt(untilUs), true);
  if (conversationHash !== undefined) bytes.set(conversationHash, 16);
  view.setUint32(24, Number(conversationHash !== undefined), true);
  view.setInt32(28, filter.intentId ?? ANY_INTENT, true);
  view.setUint32(32, filter.embedder ?? ANY_EMBEDDER, true);
  return bytes;
}

/** The first `count` of an array of `struct cs_match`. */
export function decodeMatches(bytes: Uint8Array<ArrayBuffer>, count: number): RingMatch[] {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, i) => {
    const at = i * RING_MATCH_BYTES;
    return {
      eventId: bytes.subarray(at, at + 16),
      frameId: Number(view.getBigUint64(at + 16, true)),
      cosine: view.getFloat32(at + 24, true),
    };
  });
}
