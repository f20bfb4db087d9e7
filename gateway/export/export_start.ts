import { rfc3339Us } from "../event/rfc3339.ts";
import { formatUuid, NIL_UUID, parseUuid } from "../event/uuid_v7.ts";

/** From where on events are exported. Each setting of a webhook, where there was none, is a start. */
export interface ExportStart {
  /** UUID; exports carry it in the store, so that each start counts its own alone. */
  readonly id: string;
  /** The newest event that is left out. */
  readonly afterId: string;
}

/** Of all exports that were made before starts were kept. */
export const FIRST_START: ExportStart = { id: NIL_UUID, afterId: NIL_UUID };

const UUID_V7 = /^.{14}7/;

/**
 * The id that comes right before the first event to be exported.
 *
 * @param from `beginning` = all that is stored; or an event's id, or the RFC 3339 time of an arrival,
 *   both included
 * @returns null if it is none of these
 */
export function idBefore(from: string): string | null {
  if (from === "beginning") return NIL_UUID;
  const unixUs = rfc3339Us(from);
  if (unixUs !== null) return uuidOf(BigInt(Math.max(0, Math.floor(unixUs / 1_000))) << 80n);
  const id = UUID_V7.test(from) ? parseUuid(from) : null;
  return id && uuidOf(BigInt(`0x${id.toHex()}`) - 1n);
}

function uuidOf(value: bigint): string {
  return formatUuid(Uint8Array.fromHex(value.toString(16).padStart(32, "0")));
}
