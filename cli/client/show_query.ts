import { z } from "zod";
import { plural } from "../../tui/text/format.ts";
import { UsageError } from "../errors.ts";
import { note, terminalColumns, writeOut } from "../terminal.ts";
import { ClientError, GatewayAnswerError } from "./errors.ts";
import { GatewayClient, type GatewayClientOptions } from "./gateway_client.ts";
import { QUERY_ROWS_MAX, type QueryFormat } from "./query_formats.ts";
import { safeText } from "./safe_text.ts";
import { tableLines } from "./table.ts";

/** What is asked, and where the rows go. */
export interface QueryOptions {
  /** One statement; undefined = it is read from standard input. */
  readonly sql: string | undefined;
  readonly format: QueryFormat;
  /** A file; undefined = standard output. */
  readonly output: string | undefined;
  readonly maxRows: number | undefined;
}

const MEDIA_TYPES: Readonly<Record<QueryFormat, string>> = {
  table: "application/json",
  csv: "text/csv",
  json: "application/json",
  ndjson: "application/x-ndjson",
  arrow: "application/vnd.apache.arrow.stream",
  parquet: "application/vnd.apache.parquet",
};
/** Of a table, which is for people. */
const TABLE_ROWS_MAX = 1_000;

const Result = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.record(z.string(), z.unknown())),
  truncated: z.boolean(),
});

/** DuckDB's. */
const NUMERIC_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)(\(.*\))?$/;

/** The rows did not get into their file. */
class OutputError extends ClientError {}

/**
 * Asks the store and writes what it answers.
 *
 * @throws {OutputError} if the file can't be written
 * @throws what {@linkcode GatewayClient.request} throws
 */
export async function showQuery(
  gateway: GatewayClientOptions,
  { sql, format, output, maxRows }: QueryOptions,
): Promise<void> {
  const statement = sql ?? await readStandardInput();
  if (statement.trim() === "") {
    throw new UsageError("there is no SQL", 'Ask, say, "FROM events LIMIT 10".');
  }
  const response = await new GatewayClient(gateway).request("/api/query", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept": MEDIA_TYPES[format] },
    body: JSON.stringify({
      sql: statement,
      max_rows: maxRows ?? (format === "table" ? TABLE_ROWS_MAX : QUERY_ROWS_MAX),
    }),
  });
  const body = format === "table" ? await drawTable(response) : response.body!;
  await (output === undefined ? writeToStandardOutput(body) : writeToFile(body, output));
}

async function readStandardInput(): Promise<string> {
  if (Deno.stdin.isTerminal()) note("reading SQL up to the end of input (ctrl-d) …");
  return await new Response(Deno.stdin.readable).text();
}

async function drawTable(response: Response): Promise<ReadableStream<Uint8Array>> {
  const { columns, rows, truncated } = await readResult(response);
  const lines = tableLines(
    columns.map(({ name, type }) => ({ name, isNumeric: NUMERIC_TYPE.test(type) })),
    rows.map((row) => columns.map(({ name }) => cellText(row[name]))),
    terminalColumns(),
  );
  note(plural(rows.length, "row") + (truncated ? "; there are more, see --max-rows" : ""));
  return new Blob([lines.join("\n"), "\n"]).stream();
}

async function readResult(response: Response): Promise<z.infer<typeof Result>> {
  try {
    return Result.parse(await response.json());
  } catch (cause) {
    throw new GatewayAnswerError("what came is no result of a query", { cause });
  }
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  return typeof value === "string" ? value : JSON.stringify(value);
}

async function writeToStandardOutput(body: ReadableStream<Uint8Array>): Promise<void> {
  const isTerminal = Deno.stdout.isTerminal();
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    writeOut(isTerminal ? safeText(decoder.decode(chunk, { stream: true })) : chunk);
  }
}

/** A file is there as a whole or not at all. What is no file, a pipe or a device, is written to. */
async function writeToFile(body: ReadableStream<Uint8Array>, path: string): Promise<void> {
  let partPath: string | null = null;
  try {
    const found = await Deno.stat(path).catch(() => null);
    if (found?.isFile === false) return await Deno.writeFile(path, body, { create: false });
    // Not the link that leads to the file.
    const target = found === null ? path : await Deno.realPath(path);
    partPath = `${target}.${crypto.randomUUID()}.part`;
    await Deno.writeFile(partPath, body, { createNew: true });
    if (found !== null && found.mode !== null) await Deno.chmod(partPath, found.mode & 0o777);
    await Deno.rename(partPath, target);
  } catch (cause) {
    if (partPath !== null) await Deno.remove(partPath).catch(() => {});
    throw new OutputError(
      `${path} can't be written: ${(cause as Error).message}`,
      "Choose another file with --output, or ask again.",
      { cause },
    );
  }
}
