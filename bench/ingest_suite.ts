import { GatewayProcess } from "./gateway_process.ts";
import type { Measurement } from "./measurement.ts";
import { measureNdjson } from "./ndjson_load.ts";
import { measureSingle } from "./single_load.ts";
import type { Workspace } from "./workspace.ts";

/** Ingestion by one gateway: single events, then a stream of `lines` lines. */
export async function measureIngest(workspace: Workspace, lines: number): Promise<Measurement[]> {
  const gateway = await GatewayProcess.start(workspace);
  return [
    ...await measureSingle(workspace, gateway),
    await measureNdjson(workspace, gateway, lines),
  ];
}
