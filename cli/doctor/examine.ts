import type { ServeFlags } from "../serve_flags.ts";
import type { Finding } from "./finding.ts";
import { checkModels } from "./model_checks.ts";
import { checkAddress, checkLlm } from "./network_checks.ts";
import { checkLibrary, checkRing } from "./ring_checks.ts";
import { checkDatabase, checkDataDirectory } from "./storage_checks.ts";

/** Looks at everything that the gateway needs with these flags, and changes nothing. */
export async function examine(flags: ServeFlags): Promise<Finding[]> {
  const { finding: address, isGatewayRunning } = await checkAddress(flags);
  return [
    checkLibrary(),
    checkRing(flags, isGatewayRunning),
    await checkDataDirectory(flags.dataDir),
    await checkDatabase(flags, isGatewayRunning),
    ...await checkModels(flags),
    await checkLlm(flags),
    address,
  ];
}
