import { dirname, resolve } from "node:path";
import {
  FRAME_BYTES,
  FRAMES_OFFSET,
  HEADER,
  HEADER_BYTES,
  ringBytes,
} from "../../collider/layout.ts";
import { broken, type Finding, ok } from "./finding.ts";
import { inspectFolder, sizeText } from "./folder.ts";

const NAME = "ring";
const MAGIC = 0xcafebaben;
const VERSION = 2;
/** A writer shows more often than this that it lives. */
const HEARTBEAT_AGE_MAX_MS = 5_000;
const OTHER_PATH = "choose another file with --ring-path";

/** What the header of a ring says. */
interface Header {
  readonly magic: bigint;
  readonly version: number;
  readonly frameBytes: number;
  readonly capacity: number;
  readonly head: number;
  readonly heartbeatMs: number;
}

/**
 * Whether the ring is one of this version and capacity, or there is room for it. Changes nothing.
 *
 * @param isGatewayRunning whether a gateway runs with these settings, which then writes to it
 */
export async function checkRing(
  { ringPath, ringCapacity }: { readonly ringPath: string; readonly ringCapacity: number },
  isGatewayRunning: boolean,
): Promise<Finding> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(ringPath);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return await checkRoom(ringPath, ringCapacity);
    return broken(NAME, `${ringPath} can't be looked at: ${(error as Error).message}`, OTHER_PATH);
  }
  if (!info.isFile) {
    return broken(NAME, `${ringPath} is no regular file`, `remove it, or ${OTHER_PATH}`);
  }
  if (info.uid !== null && info.uid !== Deno.uid()) {
    return broken(
      NAME,
      `${ringPath} belongs to another user`,
      `run as that user, or ${OTHER_PATH}`,
    );
  }
  const header = await readHeader(ringPath);
  if (typeof header === "string") {
    return broken(NAME, `${ringPath} can't be opened: ${header}`, `allow it, or ${OTHER_PATH}`);
  }
  const silenceMs = Date.now() - header.heartbeatMs;
  if (silenceMs < HEARTBEAT_AGE_MAX_MS && !isGatewayRunning) {
    const seconds = Math.ceil(silenceMs / 1000);
    const problem = `another gateway wrote to ${ringPath} within the last ${seconds} s`;
    return broken(NAME, problem, `stop it if it still runs, or ${OTHER_PATH}`);
  }
  return checkHeader(header, ringPath, ringCapacity, info.size);
}

async function checkRoom(path: string, capacity: number): Promise<Finding> {
  const folder = dirname(resolve(path));
  const { exists, isWritable, freeBytes } = await inspectFolder(folder);
  const neededBytes = ringBytes(capacity);
  if (!exists) return broken(NAME, `${folder} is not there`, `make it, or ${OTHER_PATH}`);
  if (!isWritable) return broken(NAME, `${folder} can't be written`, OTHER_PATH);
  if (freeBytes >= neededBytes) {
    return ok(NAME, `${path} will take ${sizeText(neededBytes)} of ${sizeText(freeBytes)}`);
  }
  const fitting = Math.floor((freeBytes - FRAMES_OFFSET) / FRAME_BYTES);
  const enlarge = folder.startsWith("/dev/shm")
    ? `; in a container, docker run --shm-size=${Math.ceil(neededBytes / 2 ** 20) + 1}m`
    : "";
  return broken(
    NAME,
    `${path} needs ${sizeText(neededBytes)}, and ${sizeText(freeBytes)} are free there`,
    (fitting > 0 ? `--ring-capacity ${fitting} fits; or ${OTHER_PATH}` : OTHER_PATH) + enlarge,
  );
}

function checkHeader(
  header: Header,
  path: string,
  capacity: number,
  sizeBytes: number,
): Finding {
  const reset = `recreate it with --ring-reset, or ${OTHER_PATH}`;
  if (header.magic !== MAGIC) return broken(NAME, `${path} is no ring`, reset);
  if (header.version !== VERSION || header.frameBytes !== FRAME_BYTES) {
    return broken(NAME, `${path} is a ring of another version`, reset);
  }
  if (header.capacity !== capacity) {
    return broken(
      NAME,
      `${path} holds ${header.capacity} frames, not ${capacity}`,
      `keep it with --ring-capacity ${header.capacity}, or recreate it with --ring-reset`,
    );
  }
  if (sizeBytes !== ringBytes(capacity)) return broken(NAME, `${path} is damaged`, reset);
  return ok(NAME, `${path} holds ${Math.min(header.head, capacity)} of ${capacity} frames`);
}

/** @returns a text that says why it can't be read and written, if it can't */
async function readHeader(path: string): Promise<Header | string> {
  const bytes = new Uint8Array(HEADER_BYTES);
  try {
    using file = await Deno.open(path, { read: true, write: true });
    if (await file.read(bytes) !== HEADER_BYTES) bytes.fill(0);
  } catch (error) {
    return (error as Error).message;
  }
  const view = new DataView(bytes.buffer);
  return {
    magic: view.getBigUint64(HEADER.magic.offset, true),
    version: view.getUint32(HEADER.version.offset, true),
    frameBytes: view.getUint32(HEADER.frame_size.offset, true),
    capacity: Number(view.getBigUint64(HEADER.capacity.offset, true)),
    head: Number(view.getBigUint64(HEADER.head.offset, true)),
    heartbeatMs: Number(view.getBigInt64(HEADER.heartbeat_us.offset, true)) / 1000,
  };
}
