import { setTimeout as delay } from "node:timers/promises";
import { runDashboard } from "../tui/dashboard.ts";
import { gatewaySource } from "../tui/source.ts";
import type { DashboardTerminal, TerminalEvent } from "../tui/terminal/terminal.ts";
import { DashboardGateway } from "./dashboard_gateway.ts";
import { GatewayProcess } from "./gateway_process.ts";
import { compare, type Measurement } from "./measurement.ts";
import { runLoad } from "./native_load.ts";
import { runSteadyLoad } from "./steady_load.ts";
import type { Workspace } from "./workspace.ts";

const SIZE = { columns: 200, rows: 50 };
const EVENTS_PER_S = 10_000;
const FRAMES_DURATION_MS = 14_000;
/** Not measured: V8 compiles what runs often. */
const FRAMES_WARMUP_MS = 4_000;
/** What somebody does who looks at everything, again and again. */
const KEYS = ["j", "j", "k", "pagedown", "g", "2", "4", "5", "6", "1"];
const KEY_INTERVAL_MS = 60;
const FRAME_MS = 16;
const LOAD = { connections: 256, warmupMs: 1_000, durationMs: 4_000 };
const ROUNDS = 3;

/** How quickly the dashboard draws, and what it costs the gateway that it runs in. */
export async function measureDashboard(workspace: Workspace): Promise<Measurement[]> {
  return [await measureFrames(workspace), await measureIngestBeside(workspace)];
}

/** Frames while events come in and somebody presses keys. */
async function measureFrames(workspace: Workspace): Promise<Measurement> {
  const gateway = await GatewayProcess.start(workspace, { flags: ["--no-llm"] });
  const terminal = new NoTerminal();
  const durationsMs: number[] = [];
  const measureFromMs = performance.now() + FRAMES_WARMUP_MS;
  const ending = new AbortController();
  const dashboard = runDashboard({
    source: gatewaySource(gateway.url.href),
    terminal,
    onFrame(durationMs) {
      if (performance.now() >= measureFromMs) durationsMs.push(durationMs);
    },
    signal: ending.signal,
  });
  const load = runSteadyLoad({
    url: new URL("/ingest", gateway.url),
    eventsPerS: EVENTS_PER_S,
    durationMs: FRAMES_DURATION_MS,
  });
  const pressing = pressKeys(terminal, ending.signal);
  const eventsPerS = await load;
  ending.abort();
  await Promise.all([dashboard, pressing]);
  const sorted = Float64Array.from(durationsMs).sort();
  const percentile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return {
    name: "dashboard.frame",
    what:
      `frames of ${SIZE.columns}×${SIZE.rows} a second, by the 99th percentile of their times, ` +
      `while ${EVENTS_PER_S.toLocaleString("en-US")} events a second come in`,
    floorIs: `a frame every ${FRAME_MS} ms`,
    value: 1000 / percentile(0.99),
    floor: 1000 / FRAME_MS,
    unit: "frames/s",
    target: 1,
    limits: { p99_ms: FRAME_MS },
    extra: {
      p50_ms: percentile(0.5),
      p99_ms: percentile(0.99),
      max_ms: percentile(1 - Number.EPSILON),
      frames: sorted.length,
      events_per_s: eventsPerS,
    },
  };
}

/** Single events that a gateway takes with its dashboard, and without. */
async function measureIngestBeside(workspace: Workspace): Promise<Measurement> {
  const drawing = await DashboardGateway.start(workspace, SIZE);
  const plain = await GatewayProcess.start(workspace, { name: "plain", flags: ["--no-llm"] });
  const load = async (url: URL) =>
    (await runLoad({ url: new URL("/ingest", url), ...LOAD })).requestsPerS;
  return {
    name: "dashboard.ingest",
    what: "durable POSTs of one event each to a gateway that draws its dashboard",
    floorIs: "the same gateway with --no-tui",
    ...await compare(
      async () => {
        plain.pause();
        const rate = await load(drawing.url);
        plain.resume();
        return rate;
      },
      async () => {
        // The other one may still be at work: it must not take from what is measured here.
        drawing.pause();
        const rate = await load(plain.url);
        drawing.resume();
        return rate;
      },
      ROUNDS,
    ),
    unit: "events/s",
    target: 0.9,
  };
}

async function pressKeys(terminal: NoTerminal, { aborted }: AbortSignal): Promise<void> {
  for (let i = 0; !aborted && i * KEY_INTERVAL_MS < FRAMES_DURATION_MS; i++) {
    const chord = KEYS[i % KEYS.length]!;
    terminal.emit({ kind: "key", chord, text: "" });
    await delay(KEY_INTERVAL_MS);
  }
}

/** Takes what is drawn, and shows it to nobody. */
class NoTerminal implements DashboardTerminal {
  readonly size = SIZE;
  emit: (event: TerminalEvent) => void = () => {};

  listen(onEvent: (event: TerminalEvent) => void): void {
    this.emit = onEvent;
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  setMouse(): void {}
  copy(): void {}
  async suspend(): Promise<void> {}
}
