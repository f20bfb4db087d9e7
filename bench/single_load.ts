import { type GatewayProcess, runArguments } from "./gateway_process.ts";
import { runLoad } from "./native_load.ts";
import { compare, type Measurement, median } from "./measurement.ts";
import { ServerProcess } from "./server_process.ts";
import type { Workspace } from "./workspace.ts";

const CONNECTIONS = 256;
const WARMUP_MS = 1_000;
const DURATION_MS = 5_000;
const ROUNDS = 3;

/** What a round of load on the gateway showed. */
interface GatewayRound {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly clientCpu: number;
  readonly eventsPerS: number;
  readonly framesPerS: number;
  /** Events without a frame when the load ended. */
  readonly backlog: number;
  /** How long it took until they had one. */
  readonly drainMs: number;
  readonly residentMb: number;
}

/** Single events against a server that keeps nothing, and the frames that came of them. */
export async function measureSingle(
  workspace: Workspace,
  gateway: GatewayProcess,
): Promise<Measurement[]> {
  const floor = workspace.use(
    await ServerProcess.spawn([...runArguments(), "bench/floor_server.ts"]),
  );
  const rounds: GatewayRound[] = [];
  const floorRounds: { p99Ms: number; clientCpu: number }[] = [];
  const compared = await compare(
    async () => {
      const { requestsPerS, round } = await loadGateway(gateway);
      rounds.push(round);
      return requestsPerS;
    },
    async () => {
      const { requestsPerS, ...round } = await runLoad(loadOf(new URL("/ingest", floor.url)));
      floorRounds.push(round);
      return requestsPerS;
    },
    ROUNDS,
  );
  const bare = await runLoad(loadOf(new URL("/bare", floor.url)));
  const middle = (key: keyof GatewayRound) => median(rounds.map((round) => round[key]));
  return [{
    name: "ingest.single",
    what: `durable POSTs of one event each on ${CONNECTIONS} keep-alive connections`,
    floorIs: "the same server with the same handler, which keeps nothing",
    ...compared,
    unit: "events/s",
    target: 0.35,
    limits: { p99_ms: 30 },
    extra: {
      p50_ms: middle("p50Ms"),
      p99_ms: middle("p99Ms"),
      floor_p99_ms: median(floorRounds.map(({ p99Ms }) => p99Ms)),
      client_cpu: middle("clientCpu"),
      floor_client_cpu: median(floorRounds.map(({ clientCpu }) => clientCpu)),
      bare_handler_per_s: bare.requestsPerS,
      start_ready_ms: gateway.readyMs,
      resident_mb_without_ring: middle("residentMb"),
    },
  }, {
    name: "ingest.frames",
    what: "frames that reached the ring during that load",
    floorIs: "events committed in the same time",
    value: middle("framesPerS"),
    floor: middle("eventsPerS"),
    unit: "frames/s",
    target: 1,
    extra: { backlog_events: middle("backlog"), drain_ms: middle("drainMs") },
  }];
}

async function loadGateway(gateway: GatewayProcess) {
  const before = await gateway.progress();
  const startedMs = performance.now();
  const { requestsPerS, p50Ms, p99Ms, clientCpu } = await runLoad(
    loadOf(new URL("/ingest", gateway.url)),
  );
  const after = await gateway.progress();
  const durationS = (performance.now() - startedMs) / 1000;
  const residentMb = await gateway.residentMb();
  const round: GatewayRound = {
    p50Ms,
    p99Ms,
    clientCpu,
    eventsPerS: (after.events - before.events) / durationS,
    framesPerS: (after.frames - before.frames) / durationS,
    backlog: after.events - after.frames,
    drainMs: await gateway.drained(),
    residentMb,
  };
  return { requestsPerS, round };
}

function loadOf(url: URL) {
  return { url, connections: CONNECTIONS, warmupMs: WARMUP_MS, durationMs: DURATION_MS };
}
