import { RingLockedError } from "../../ffi/errors.ts";
import { libraryPathOf, loadRingSymbols } from "../../ffi/library.ts";
import { RingMapping } from "../../ffi/seqlock.ts";
import { bytes } from "../../tui/text/format.ts";
import { brokenBy, type Finding, ok } from "./finding.ts";

/** Whether the ring's native library can be loaded. */
export function checkLibrary(): Finding {
  const name = "native library";
  const path = libraryPathOf("seqlock");
  try {
    loadRingSymbols(path);
    return ok(name, path);
  } catch (error) {
    return brokenBy(name, error, "run `deno task build`");
  }
}

/**
 * Whether the ring is one of this version and capacity, or there is room for it.
 *
 * @param isGatewayRunning whether a gateway runs with these settings, which then has it open
 */
export function checkRing(
  { ringPath, ringCapacity }: { readonly ringPath: string; readonly ringCapacity: number },
  isGatewayRunning: boolean,
): Finding {
  const name = "ring";
  try {
    const place = RingMapping.check({ path: ringPath, capacity: ringCapacity });
    if (place.exists) return ok(name, `${ringPath} is a ring of ${ringCapacity} frames`);
    const { sizeBytes, availableBytes } = place;
    return ok(name, `${ringPath} will take ${bytes(sizeBytes)} of ${bytes(availableBytes)}`);
  } catch (error) {
    if (error instanceof RingLockedError && isGatewayRunning) {
      return ok(name, `${ringPath} is in use by the gateway`);
    }
    return brokenBy(name, error, "choose another file with --ring-path");
  }
}
