import { RingClosedError, RingPathError } from "./errors.ts";
import { libraryPathOf, loadRingSymbols, type RingSymbols } from "./library.ts";
import {
  decodeOpenInfo,
  OPEN_INFO_BYTES,
  OPEN_STATUS,
  openError,
  type OpenInfo,
} from "./open_info.ts";

import {
  decodeMatches,
  encodeSearchFilter,
  RING_MATCH_BYTES,
  type RingMatch,
  type RingSearchFilter,
} from "./ring_search.ts";

const CAPACITY_MAX = 2 ** 31;

/** How to open a ring. */
export interface RingMappingOptions {
  /** The ring's file; its directory must exist. */
  path: string;
  /** Frames in the ring, 1 to 2^31. An existing ring must have the same. */
  capacity: number;
  /**
   * Replace an existing file by a new ring. Readers keep the old one until they look again.
   *
   * @default {false}
   */
  reset?: boolean;
  /** The shared library made of `seqlock.c`. @default `ffi/build/` of this checkout */
  libraryPath?: string;
}

/** Where a ring is, or would be. */
export interface RingPlace {
  /** Whether there is a ring already. */
  readonly exists: boolean;
  /** What it takes. */
  readonly sizeBytes: number;
  /** What its file system has left for this user, besides. */
  readonly availableBytes: number;
}

/**
 * The writer's mapping of the shared-memory ring (`docs/ring.md`), locked against other writers.
 *
 * Frames are published in batches of consecutive ids, in order and without gaps: {@link begin},
 * then the payloads are written into {@link buffer}, then {@link publish}. Frame ids are safe
 * integers.
 */
export class RingMapping implements Disposable {
  /** Of its file. */
  readonly path: string;
  /** Address of the mapping, for {@link attachRing} in workers of this process. */
  readonly address: bigint;
  readonly sizeBytes: number;
  /** Frames in the ring. */
  readonly capacity: number;
  /** Random, new whenever the ring is created afresh. */
  readonly generation: bigint;
  /** Whether this call created the ring, as opposed to reopening it. */
  readonly created: boolean;
  /** Slots that a crashed writer had left half-written. */
  readonly recoveredSlots: number;
  /** The whole mapping; detached when the ring is closed. */
  readonly buffer: ArrayBuffer;

  readonly #symbols: RingSymbols;
  readonly #handle: bigint;
  #pointer: Deno.PointerObject | null;

  private constructor(symbols: RingSymbols, path: string, capacity: number, info: OpenInfo) {
    this.path = path;
    this.address = info.address;
    this.sizeBytes = info.sizeBytes;
    this.capacity = capacity;
    this.generation = info.generation;
    this.created = info.created;
    this.recoveredSlots = info.recoveredSlots;
    this.buffer = attachRing(info.address, info.sizeBytes);
    this.#symbols = symbols;
    this.#handle = info.handle;
    this.#pointer = Deno.UnsafePointer.create(info.address);
  }

  /**
   * Opens and locks the ring, creating it if there is none, in a thread of its own: the memory of a
   * new one takes the system up to 0.2 s. Slots left half-written by a crash are marked as lost.
   *
   * @throws {RingLockedError} if another process writes to it
   * @throws {RingSpaceError} if the file system has no room for it
   * @throws {RingFormatError} if the file is anything but a ring of this version and capacity
   * @throws {RingPathError} if there can be no such file
   * @throws {RingLibraryError} if the native library is missing
   * @throws {RangeError} if the capacity is not an integer from 1 to 2^31
   */
  static async open(options: RingMappingOptions): Promise<RingMapping> {
    const { path, capacity, reset = false, libraryPath = libraryPathOf("seqlock") } = options;
    const cPath = checkedPath(path, capacity);
    const symbols = loadRingSymbols(libraryPath);
    const bytes = new Uint8Array(OPEN_INFO_BYTES);
    const status = await symbols.cs_ring_open(cPath, BigInt(capacity), Number(reset), bytes);
    const info = decodeOpenInfo(bytes);
    if (status !== OPEN_STATUS.ok) throw openError(status, path, capacity, info);
    return new RingMapping(symbols, path, capacity, info);
  }

  /**
   * Finds out whether {@link open} would succeed without `reset`, and leaves everything as it is.
   *
   * @throws what {@link open} throws
   */
  static check({ path, capacity }: { path: string; capacity: number }): RingPlace {
    const cPath = checkedPath(path, capacity);
    const bytes = new Uint8Array(OPEN_INFO_BYTES);
    const symbols = loadRingSymbols(libraryPathOf("seqlock"));
    const status = symbols.cs_ring_check(cPath, BigInt(capacity), bytes);
    const info = decodeOpenInfo(bytes);
    if (status !== OPEN_STATUS.ok) throw openError(status, path, capacity, info);
    const { created, sizeBytes, availableBytes } = info;
    return { exists: !created, sizeBytes, availableBytes };
  }

  /** Number of frames ever published: the id of the next frame. */
  get head(): number {
    return this.#symbols.cs_ring_head(this.#base());
  }

  /** Id of the oldest frame that is still readable. */
  get tail(): number {
    return this.#symbols.cs_ring_tail(this.#base());
  }

  /**
   * Takes `count` slots away from readers, so that their payloads may be written. Beginning frames
   * again that were begun but not published is allowed.
   *
   * @throws {RangeError} if frames were published already or don't fit between head and tail
   */
  begin(firstFrameId: number, count: number): void {
    const base = this.#base();
    if (this.#symbols.cs_ring_begin(base, this.capacity, firstFrameId, count) !== 0) {
      throw new RangeError(this.#outOfOrder("begin", firstFrameId, count));
    }
  }

  /**
   * Gives `count` frames to readers and advances {@link head} past them.
   *
   * @throws {RangeError} if they don't start at {@link head} or were not begun
   */
  publish(firstFrameId: number, count: number): void {
    const base = this.#base();
    if (this.#symbols.cs_ring_publish(base, this.capacity, firstFrameId, count) !== 0) {
      throw new RangeError(this.#outOfOrder("publish", firstFrameId, count));
    }
  }

  /**
   * Brings the pages of a ring in memory in, in a thread of its own. Until that is done, and on
   * other systems than Linux, each page of a fresh ring costs the thread that writes there first
   * up to 10 µs. The ring must not be closed before it resolves.
   */
  async populate(): Promise<void> {
    this.#base();
    await this.#symbols.cs_ring_populate(this.address, BigInt(this.sizeBytes), this.#handle);
  }

  /** Leaves the writer's sign of life, Unix µs. */
  heartbeat(nowUs: number): void {
    this.#symbols.cs_ring_heartbeat(this.#base(), nowUs);
  }

  /**
   * Finds the frames whose embedding is the most similar to `query`, best first, in a thread of its
   * own: it reads every embedding in the ring. The ring must not be closed before it resolves.
   *
   * @param query 1,024 floats of L2 norm 1
   * @param limit frames at most
   */
  async search(
    query: Float32Array<ArrayBuffer>,
    limit: number,
    filter: RingSearchFilter = {},
  ): Promise<RingMatch[]> {
    const matches = new Uint8Array(limit * RING_MATCH_BYTES);
    const count = await this.#symbols.cs_ring_search(
      this.#base(),
      this.capacity,
      query,
      encodeSearchFilter(filter),
      matches,
      limit,
    );
    return decodeMatches(matches, count);
  }

  /**
   * Copies the control plane's 16-byte header and its attractors, 4,192 bytes each, into `out`.
   * Other processes write there: the values may be anything.
   *
   * @param out 268,304 bytes are always enough; must be aligned to 4 to be viewed as floats
   * @returns the number of attractors; 0 if the count is above 64 or `out` is too short for them
   */
  readControl(out: Uint8Array<ArrayBuffer>): number {
    return this.#symbols.cs_control_read(this.#base(), out, out.byteLength);
  }

  /**
   * Unmaps and unlocks the ring. Buffers that workers attached point nowhere then: stop the
   * workers first.
   *
   * @param options.clean tell readers that the writer has gone on purpose; @default {true}
   */
  close({ clean = true }: { clean?: boolean } = {}): void {
    if (this.#pointer === null) return;
    this.#pointer = null;
    this.buffer.transfer(); // detaches it: views of it fail instead of reading unmapped memory
    this.#symbols.cs_ring_close(this.address, BigInt(this.sizeBytes), this.#handle, Number(clean));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #base(): Deno.PointerObject {
    if (this.#pointer === null) {
      throw new RingClosedError("the ring has been closed", {
        hint: "stop everything that publishes before the ring is closed",
      });
    }
    return this.#pointer;
  }

  #outOfOrder(verb: string, firstFrameId: number, count: number): string {
    return `can't ${verb} ${count} frames from ${firstFrameId}: ` +
      `head is ${this.head}, capacity ${this.capacity}`;
  }
}

/**
 * Wraps a ring that this process has mapped as an `ArrayBuffer`, without a copy and without the
 * native library: for workers. Do it once per worker and keep it; it costs 25 µs.
 *
 * @throws {RangeError} if the address is 0
 */
export function attachRing(address: bigint, sizeBytes: number): ArrayBuffer {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) throw new RangeError("a ring is never mapped at address 0");
  return Deno.UnsafePointerView.getArrayBuffer(pointer, sizeBytes);
}

/** The path as C takes it. */
function checkedPath(path: string, capacity: number): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > CAPACITY_MAX) {
    throw new RangeError(`a ring holds 1 to ${CAPACITY_MAX} frames, not ${capacity}`);
  }
  if (path === "" || path.includes("\0")) {
    throw new RingPathError(`${JSON.stringify(path)} is no path for a ring`, {
      hint: "choose a file with --ring-path",
    });
  }
  return new TextEncoder().encode(`${path}\0`);
}
