import { join } from "node:path";
import { eventJson } from "./events.ts";
import type { GatewayProcess } from "./gateway_process.ts";
import { compare, type Measurement, median, perSecond } from "./measurement.ts";
import { RowAppender } from "./row_appender.ts";
import type { Workspace } from "./workspace.ts";

const FLOOR_ROWS_PER_COMMIT = 10_000;
const ROUNDS = 3;

/** Lines of NDJSON, and where they are sent. */
export interface LinesOptions {
  readonly url: URL | string;
  readonly lines: number;
}

/**
 * Sends events as one NDJSON body, made beforehand.
 *
 * @returns events per second until all of them are durable
 */
export async function sendLines({ url, lines }: LinesOptions): Promise<number> {
  return await postLines(url, bodyOf(linesOf(lines)), lines);
}

/** A stream of NDJSON against DuckDB's own row appender. */
export async function measureNdjson(
  workspace: Workspace,
  gateway: GatewayProcess,
  lineCount: number,
): Promise<Measurement> {
  const floor = workspace.use(await RowAppender.create(join(workspace.directory, "rows.db")));
  const lines = linesOf(lineCount);
  const body = bodyOf(lines);
  const residentMb: number[] = [];
  const drainsMs: number[] = [];

  const post = async () => {
    const rate = await postLines(new URL("/ingest", gateway.url), body, lineCount);
    residentMb.push(await gateway.residentMb());
    // The floor must not have to share the processor with the publication.
    drainsMs.push(await gateway.drained());
    return rate;
  };
  const append = async () => {
    const startedMs = performance.now();
    await floor.append(lines, FLOOR_ROWS_PER_COMMIT);
    return perSecond(lineCount, startedMs);
  };

  return {
    name: "ingest.ndjson",
    what: `durable events from one NDJSON body of ${lineCount.toLocaleString("en-US")} lines`,
    floorIs: "DuckDB's row appender, id and payload only, 10,000 rows per commit",
    ...await compare(post, append, ROUNDS),
    unit: "events/s",
    target: 0.4,
    extra: { drain_ms: median(drainsMs), resident_mb_without_ring: median(residentMb) },
  };
}

function linesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => eventJson(i));
}

function bodyOf(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(lines.join("\n"));
}

async function postLines(
  url: URL | string,
  body: Uint8Array<ArrayBuffer>,
  lines: number,
): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body,
  });
  const answer = await response.text();
  const rate = perSecond(lines, startedMs);
  if (!response.ok || JSON.parse(answer).accepted !== lines) throw new Error(answer);
  return rate;
}
