import { readReaderFiles } from "../ffi/ring_readers.ts";
import { READER, READER_BYTES, readersPath } from "./layout.ts";

/** A reader of the ring that says how far it has come. */
export interface RingReader {
  readonly pid: number;
  readonly name: string;
  readonly nextFrameId: number;
  /** Frames that it has lost. */
  readonly lapped: number;
}

/** Readers shown at most. */
const MAX_READERS = 64;
/** A reader that was not seen for so long has ended, or does not follow any more. */
const STALE_AFTER_US = 60e6;
/** Then its file is removed: it crashed before it could do so itself. */
const FORGOTTEN_AFTER_US = 3600e6;

/**
 * The readers that follow a ring, by what they say of themselves. Other processes write it: numbers
 * may be anything, and what is no reader's file is passed over.
 *
 * @param nowUs Unix µs
 * @throws {RingLibraryError} if the native library is missing
 */
export async function listRingReaders(
  ringPath: string,
  generation: bigint,
  nowUs: number,
): Promise<RingReader[]> {
  const bytes = new Uint8Array(MAX_READERS * READER_BYTES);
  const count = await readReaderFiles(readersPath(ringPath), {
    generation,
    sinceUs: nowUs - STALE_AFTER_US,
    forgottenUs: nowUs - FORGOTTEN_AFTER_US,
    limit: MAX_READERS,
  }, bytes);
  const readers = Array.from(
    { length: count },
    (_, i) => decodeReader(bytes.subarray(i * READER_BYTES, (i + 1) * READER_BYTES)),
  );
  return readers.sort((a, b) => a.pid - b.pid);
}

function decodeReader(bytes: Uint8Array): RingReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const name = new TextDecoder().decode(bytes.subarray(READER.name.offset));
  return {
    pid: view.getUint32(READER.pid.offset, true),
    name: name.replace(/\0.*$/s, "").replaceAll(/\p{C}/gu, ""),
    nextFrameId: Number(view.getBigUint64(READER.next_frame_id.offset, true)),
    lapped: Number(view.getBigUint64(READER.lapped.offset, true)),
  };
}
