import { join } from "node:path";
import { eventJson } from "./events.ts";
import type { GatewayProcess } from "./gateway_process.ts";
import { compare, type Measurement, median, perSecond } from "./measurement.ts";
import { RowAppender } from "./row_appender.ts";
import type { Workspace } from "./workspace.ts";

const FLOOR_ROWS_PER_COMMIT = 10_000;
const ROUNDS = 3;

/** A stream of NDJSON against DuckDB's own row appender. */
export async function measureNdjson(
  workspace: Workspace,
  gateway: GatewayProcess,
  lineCount: number,
): Promise<Measurement> {
  const floor = workspace.use(await RowAppender.create(join(workspace.directory, "rows.db")));
  const lines = Array.from({ length: lineCount }, (_, i) => eventJson(i));
  const body = new TextEncoder().encode(lines.join("\n"));
  const drainsMs: number[] = [];

  const post = async () => {
    const startedMs = performance.now();
    const response = await fetch(new URL("/ingest", gateway.url), {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
      body,
    });
    const answer = await response.text();
    const rate = perSecond(lineCount, startedMs);
    if (!response.ok || JSON.parse(answer).accepted !== lineCount) throw new Error(answer);
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
    extra: { drain_ms: median(drainsMs) },
  };
}
