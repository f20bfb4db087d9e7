import { join } from "node:path";
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
 */
export async function listRingReaders(
  ringPath: string,
  generation: bigint,
  nowUs: number,
): Promise<RingReader[]> {
  const readers: RingReader[] = [];
  const directory = readersPath(ringPath);
  try {
    for await (const { name } of Deno.readDir(directory)) {
      if (readers.length >= MAX_READERS) break;
      const reader = await readReader(join(directory, name), generation, nowUs);
      if (reader !== null) readers.push(reader);
    }
  } catch {
    // No reader has said anything yet, or it is not for us to see.
  }
  return readers.sort((a, b) => a.pid - b.pid);
}

async function readReader(
  path: string,
  generation: bigint,
  nowUs: number,
): Promise<RingReader | null> {
  let bytes: Uint8Array;
  try {
    const { isFile, size } = await Deno.lstat(path);
    if (!isFile || size !== READER_BYTES) return null;
    bytes = await Deno.readFile(path);
  } catch {
    return null; // it has just ended
  }
  if (bytes.length !== READER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const seenUs = Number(view.getBigInt64(READER.seen_us.offset, true));
  if (seenUs === 0) return null; // it has made its file, and is about to fill it in
  const ageUs = nowUs - seenUs;
  if (ageUs > FORGOTTEN_AFTER_US) await Deno.remove(path).catch(() => {});
  if (!(ageUs < STALE_AFTER_US)) return null;
  if (view.getBigUint64(READER.generation.offset, true) !== generation) return null;
  const name = new TextDecoder().decode(bytes.subarray(READER.name.offset));
  return {
    pid: view.getUint32(READER.pid.offset, true),
    name: name.replace(/\0.*$/s, "").replaceAll(/\p{C}/gu, ""),
    nextFrameId: Number(view.getBigUint64(READER.next_frame_id.offset, true)),
    lapped: Number(view.getBigUint64(READER.lapped.offset, true)),
  };
}
