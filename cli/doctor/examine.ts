import { libraryPathOf, loadRingSymbols } from "../../ffi/library.ts";
import type { ServeFlags } from "../serve_flags.ts";
import { brokenBy, type Finding, ok } from "./finding.ts";
import { checkModels } from "./model_checks.ts";
import { checkAddress, checkLlm } from "./network_checks.ts";
import { checkRing } from "./ring_check.ts";
import { checkDatabase, checkDataDirectory } from "./storage_checks.ts";

/** Looks at everything that the gateway needs with these flags, and changes nothing. */
export async function examine(flags: ServeFlags): Promise<Finding[]> {
  const { finding: address, isGatewayRunning } = await checkAddress(flags);
  return [
    checkLibrary(),
    await checkRing(flags, isGatewayRunning),
    await checkDataDirectory(flags.dataDir),
    await checkDatabase(flags, isGatewayRunning),
    ...await checkModels(flags),
    await checkLlm(flags),
    address,
  ];
}

/** Whether the ring's native library can be loaded. */
function checkLibrary(): Finding {
  const name = "native library";
  const path = libraryPathOf("seqlock");
  try {
    loadRingSymbols(path);
    return ok(name, path);
  } catch (error) {
    return brokenBy(name, error, "run `deno task build`");
  }
}
