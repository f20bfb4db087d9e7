import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { ipcStream } from "../gateway/store/arrow/ipc_stream.ts";
import { ensureArrowPackages, ensurePython } from "../tests/python.ts";
import { compare, type Measurement, perSecond } from "./measurement.ts";
import type { Workspace } from "./workspace.ts";

const ROWS = 1_000_000;
const THREADS = "2";
const ROUNDS = 5;
const SCRIPT = new URL("arrow_bench.py", import.meta.url).pathname;

/** Like events; their payloads have up to 300 bytes. */
const CREATE_EVENTS = `CREATE TABLE events AS SELECT
    uuidv7() AS id, 'InsuranceRequest' || i % 7 AS type,
    make_timestamptz(1700000000000000 + i) AS received_at, i AS frame_id, sqrt(i) AS score,
    '{"number":' || i || ',"text":"' || repeat('x', (i % 270)::INTEGER) || '"}' AS payload
  FROM range(${ROWS}) t(i)`;
// Ids as text, as the gateway shows them, so that both sides have the same bytes to write.
const QUERY = "SELECT * REPLACE (id::VARCHAR AS id) FROM events";

/** A table as an Arrow IPC stream, against DuckDB's client for Python, which gives Arrow tables. */
export async function measureArrow(workspace: Workspace): Promise<Measurement[]> {
  const python = await ensurePython();
  const problem = await ensureArrowPackages(python);
  if (problem !== null) throw new Error(`the floor can't be had: ${problem}`);
  const path = join(workspace.directory, "events.db");
  const writable = await DuckDBInstance.create(path);
  await (await writable.connect()).run(CREATE_EVENTS);
  writable.closeSync();
  const instance = await DuckDBInstance.create(path, {
    access_mode: "READ_ONLY",
    threads: THREADS,
  });
  workspace.use({ [Symbol.dispose]: () => instance.closeSync() });
  const connection = await instance.connect();
  await exportRate(connection);
  const rates = await compare(
    () => exportRate(connection),
    () => pythonRate(python, path),
    ROUNDS,
  );
  return [{
    name: "arrow.export",
    what: `rows of a table of ${ROWS.toLocaleString("en-US")}, as an Arrow IPC stream`,
    floorIs: "the same rows as an Arrow table by DuckDB's client for Python",
    ...rates,
    unit: "rows/s",
    target: 0.5,
  }];
}

async function exportRate(connection: DuckDBConnection): Promise<number> {
  const startedMs = performance.now();
  let bytes = 0;
  for await (const piece of ipcStream(await connection.stream(QUERY), connection)) {
    bytes += piece.length;
  }
  if (bytes < ROWS * 100) throw new Error(`only ${bytes} bytes for ${ROWS} rows`);
  return perSecond(ROWS, startedMs);
}

async function pythonRate(python: string, path: string): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(python, {
    args: [SCRIPT, path, QUERY, THREADS],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`arrow_bench.py failed: ${decoder.decode(stderr)}`);
  return Number(decoder.decode(stdout));
}
