import { getSystemErrorMap } from "node:util";
import {
  type RingError,
  RingFormatError,
  RingLockedError,
  RingPathError,
  RingSpaceError,
  RingSystemError,
} from "./errors.ts";

const RING_VERSION = 2;
const FRAME_BYTES = 4_224;
const FRAMES_OFFSET = 1_052_672;
const MEBIBYTE = 1_048_576;

// Windows does not replace a file that somebody has open.
const LOCK_HOLDERS = Deno.build.os === "windows"
  ? "another gateway, or by readers while it should be reset"
  : "another gateway";

/** Bytes of `struct cs_ring_info`. */
export const OPEN_INFO_BYTES = 88;

/** `enum cs_status`, as far as `cs_ring_open` returns it. */
export const OPEN_STATUS = {
  ok: 0,
  system: -1,
  locked: -2,
  noSpace: -3,
  notRegular: -4,
  notOwned: -5,
  noDirectory: -6,
  noPermission: -7,
  badMagic: -8,
  badVersion: -9,
  badFrameSize: -10,
  badCapacity: -11,
  badSize: -12,
  badCursors: -13,
} as const;

/** What `cs_ring_open` found out: `struct cs_ring_info`. */
export interface OpenInfo {
  address: bigint;
  sizeBytes: number;
  handle: bigint;
  generation: bigint;
  created: boolean;
  recoveredSlots: number;
  availableBytes: number;
  foundSizeBytes: number;
  foundMagic: bigint;
  foundCapacity: bigint;
  foundVersion: number;
  foundFrameSize: number;
  systemError: number;
}

/** Decodes a `struct cs_ring_info`. */
export function decodeOpenInfo(bytes: Uint8Array): OpenInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u64 = (offset: number) => view.getBigUint64(offset, true);
  const u32 = (offset: number) => view.getUint32(offset, true);
  return {
    address: u64(0),
    sizeBytes: Number(u64(8)),
    handle: view.getBigInt64(16, true),
    generation: u64(24),
    created: u32(32) === 1,
    recoveredSlots: u32(36),
    availableBytes: Number(u64(40)),
    foundSizeBytes: Number(u64(48)),
    foundMagic: u64(56),
    foundCapacity: u64(64),
    foundVersion: u32(72),
    foundFrameSize: u32(76),
    systemError: view.getInt32(80, true),
  };
}

/** Puts a failed `cs_ring_open` into words. */
export function openError(
  status: number,
  path: string,
  capacity: number,
  info: OpenInfo,
): RingError {
  const otherPath = "choose another file with --ring-path";
  const format = (what: string, hint = `recreate it with --ring-reset, or ${otherPath}`) =>
    new RingFormatError(`the ring ${path} ${what}`, { hint });
  switch (status) {
    case OPEN_STATUS.locked:
      return new RingLockedError(`the ring ${path} is in use by ${LOCK_HOLDERS}`, {
        hint: "stop what uses it, or give this gateway a ring of its own with --ring-path",
      });
    case OPEN_STATUS.noSpace:
      return spaceError(path, info);
    case OPEN_STATUS.notRegular:
      return new RingPathError(
        `the ring's path ${path} is not a regular file but a link, directory, device or pipe`,
        { hint: otherPath },
      );
    case OPEN_STATUS.notOwned:
      return new RingPathError(`the ring ${path} belongs to another user, who could read it`, {
        hint: `run as that user, or ${otherPath}`,
      });
    case OPEN_STATUS.noDirectory:
      return new RingPathError(`the directory of the ring ${path} does not exist`, {
        hint: `create it, or ${otherPath}`,
      });
    case OPEN_STATUS.noPermission:
      return new RingPathError(`no permission to read and write the ring ${path}`, {
        hint: `allow it (chmod u+rw, a writable directory), or ${otherPath}`,
      });
    case OPEN_STATUS.badMagic:
      return format(
        `is not a ring: it starts with 0x${info.foundMagic.toString(16)}, a ring with 0xcafebabe`,
      );
    case OPEN_STATUS.badVersion:
      return format(`has format version ${info.foundVersion}, this gateway ${RING_VERSION}`);
    case OPEN_STATUS.badFrameSize:
      return format(`has frames of ${info.foundFrameSize} bytes, this gateway ${FRAME_BYTES}`);
    case OPEN_STATUS.badCapacity:
      return format(
        `holds ${info.foundCapacity} frames, not ${capacity}`,
        `keep it with --ring-capacity ${info.foundCapacity}, or recreate it with --ring-reset`,
      );
    case OPEN_STATUS.badSize:
      return format(
        `is damaged: it has ${bytes(info.foundSizeBytes)}, ` +
          `${capacity} frames take ${bytes(info.sizeBytes)}`,
      );
    case OPEN_STATUS.badCursors:
      return format("is damaged: its head and tail can't both be true");
    default: {
      const known = getSystemErrorMap().get(-info.systemError);
      const reason = known === undefined ? `error ${info.systemError}` : known.join(", ");
      return new RingSystemError(`the ring ${path} could not be opened: ${reason}`, {
        hint: otherPath,
      });
    }
  }
}

function spaceError(path: string, { sizeBytes, availableBytes }: OpenInfo): RingSpaceError {
  const needs = `the ring ${path} needs ${bytes(sizeBytes)}`;
  const hints = ["take another place with --ring-path"];
  const fitting = Math.floor((availableBytes - FRAMES_OFFSET) / FRAME_BYTES);
  if (fitting > 0 && availableBytes < sizeBytes) {
    hints.unshift(`use a smaller ring with --ring-capacity (at most ${fitting})`);
  }
  if (path.startsWith("/dev/shm/")) {
    const enough = Math.ceil(sizeBytes / MEBIBYTE) + 1;
    hints.push(`in a container enlarge /dev/shm with docker run --shm-size=${enough}m`);
  }
  const found = availableBytes < sizeBytes
    ? `only ${bytes(availableBytes)} are free there`
    : "its file system refused them (a quota, or taken in the meantime)";
  return new RingSpaceError(`${needs}, but ${found}`, { hint: hints.join("; ") });
}

function bytes(count: number): string {
  return `${(count / MEBIBYTE).toFixed(1)} MiB (${count} bytes)`;
}
