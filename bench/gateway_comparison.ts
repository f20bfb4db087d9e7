import { GatewayProcess } from "./gateway_process.ts";
import { compare, type Compared, median } from "./measurement.ts";
import { runLoad } from "./native_load.ts";
import type { Workspace } from "./workspace.ts";

const LOAD = { connections: 256, warmupMs: 1_000, durationMs: 4_000 };
const ROUNDS = 3;

/** Single events that two gateways take, in turns. */
export interface ComparedGateways extends Compared {
  /** Of the gateway with the flags, and of the one without. */
  readonly p99Ms: number;
  readonly floorP99Ms: number;
}

/** How many single events a gateway takes with some flags, against the same without them. */
export async function compareGateways(
  workspace: Workspace,
  flags: readonly string[],
): Promise<ComparedGateways> {
  // What the flags have it do may go on for minutes: it must not take from the next measurement.
  await using flagged = await GatewayProcess.start(workspace, { name: "flagged", flags });
  await using plain = await GatewayProcess.start(workspace, { name: "plain", flags: ["--no-llm"] });
  const p99sMs = { flagged: [] as number[], plain: [] as number[] };
  const load = async (gateway: GatewayProcess, p99s: number[]) => {
    const { requestsPerS, p99Ms } = await runLoad({
      url: new URL("/ingest", gateway.url),
      ...LOAD,
    });
    p99s.push(p99Ms);
    return requestsPerS;
  };
  const compared = await compare(
    () => load(flagged, p99sMs.flagged),
    async () => {
      // The other one may still be at work: it must not take from what is measured here.
      flagged.pause();
      const rate = await load(plain, p99sMs.plain);
      flagged.resume();
      return rate;
    },
    ROUNDS,
  );
  return { ...compared, p99Ms: median(p99sMs.flagged), floorP99Ms: median(p99sMs.plain) };
}
