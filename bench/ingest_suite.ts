import { compareGateways } from "./gateway_comparison.ts";
import { GatewayProcess } from "./gateway_process.ts";
import type { Measurement } from "./measurement.ts";
import { measureNdjson } from "./ndjson_load.ts";
import { measureSingle } from "./single_load.ts";
import type { Workspace } from "./workspace.ts";

/** Ingestion by one gateway: single events, then a stream of `lines` lines. */
export async function measureIngest(workspace: Workspace, lines: number): Promise<Measurement[]> {
  const gateway = await GatewayProcess.start(workspace, { flags: ["--no-llm"] });
  return [
    ...await measureSingle(workspace, gateway),
    await measureNdjson(workspace, gateway, lines),
    await measureWithoutLlm(workspace),
  ];
}

/** Single events with a language model that is away, against none configured. */
async function measureWithoutLlm(workspace: Workspace): Promise<Measurement> {
  const nobody = ["--llm-base-url", "http://127.0.0.1:1/v1"];
  const { p99Ms, floorP99Ms, ...compared } = await compareGateways(workspace, nobody);
  return {
    name: "ingest.llm_away",
    what: "durable POSTs of one event each while the language model is away",
    floorIs: "the same gateway with --no-llm",
    ...compared,
    unit: "events/s",
    target: 0.95,
    extra: { p99_ms: p99Ms, floor_p99_ms: floorP99Ms },
  };
}
