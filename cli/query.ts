import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { z } from "zod";
import { PUBLIC_RELATIONS } from "../gateway/store/read_only_sql.ts";
import { clientCommand, gatewayUrl } from "./address_flags.ts";
import { GatewayAnswerError } from "./client/errors.ts";
import { GatewayClient } from "./client/gateway_client.ts";
import { safeText } from "./client/safe_text.ts";
import { tableLines } from "./client/table.ts";
import { UsageError } from "./errors.ts";
import { note, terminalColumns, writeOut } from "./terminal.ts";
import { integer } from "./values.ts";

/** Media types of the formats in which a result can be had. */
const MEDIA_TYPES = {
  table: "application/json",
  csv: "text/csv",
  json: "application/json",
  ndjson: "application/x-ndjson",
  arrow: "application/vnd.apache.arrow.stream",
  parquet: "application/vnd.apache.parquet",
} as const;
type Format = keyof typeof MEDIA_TYPES;
const FORMATS = Object.keys(MEDIA_TYPES) as Format[];
const BINARY_FORMATS: ReadonlySet<Format> = new Set(["arrow", "parquet"]);

const Result = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.record(z.string(), z.unknown())),
  truncated: z.boolean(),
});
type Result = z.infer<typeof Result>;

/** DuckDB's. */
const NUMERIC_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)(\(.*\))?$/;

/** The result did not get into its file. */
class OutputError extends Error {
  /** What to do about it. */
  readonly hint = "Choose another file with --output, or ask again.";
  override readonly name = "OutputError";
}

/** `collider query`: asks the store of a running gateway by SQL. */
export function queryCommand(): CommandUnknownOpts {
  return clientCommand("query")
    .description("ask the store by SQL, read-only")
    .argument("[sql]", "one statement; from standard input if it is left out")
    .optionsGroup("Result:")
    .addOption(
      new Option("--format <format>", "what the rows become").choices(FORMATS)
        .default("table" as const),
    )
    .option("--output <file>", "write them to this file")
    .addOption(
      new Option("--max-rows <number>", "rows at most").default(10_000)
        .argParser(integer(1, 10_000_000)),
    )
    .addHelpText("after", QUERY_HELP)
    .action(async (given, { format, output, maxRows, ...address }) => {
      if (BINARY_FORMATS.has(format) && output === undefined && Deno.stdout.isTerminal()) {
        throw new UsageError(
          `${format} is not for terminals`,
          "Write it to a file with --output, or into a pipe.",
        );
      }
      const client = new GatewayClient({ url: gatewayUrl(address), token: address.token });
      const response = await client.request("/api/query", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept": MEDIA_TYPES[format] },
        body: JSON.stringify({ sql: given ?? await readStandardInput(), max_rows: maxRows }),
      });
      const body = format === "table" ? await drawTable(response) : response.body!;
      await (output === undefined ? writeToStandardOutput(body) : writeToFile(body, output));
    }) as unknown as CommandUnknownOpts;
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
  note(`${rows.length} row${rows.length === 1 ? "" : "s"}${truncated ? "; there are more" : ""}`);
  return new Blob([lines.join("\n"), "\n"]).stream();
}

async function readResult(response: Response): Promise<Result> {
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

/** The file is there as a whole or not at all. */
async function writeToFile(body: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const partPath = `${path}.part`;
  try {
    await Deno.writeFile(partPath, body);
    await Deno.rename(partPath, path);
  } catch (cause) {
    await Deno.remove(partPath).catch(() => {});
    throw new OutputError(`${path} can't be written: ${(cause as Error).message}`, { cause });
  }
}

const QUERY_HELP = `
What can be read: ${PUBLIC_RELATIONS.join(", ")}.

Examples:
  collider query "FROM events SELECT type, count(*) AS received GROUP BY type"
  collider query "FROM events" --format parquet --output events.parquet
  collider query --format csv < report.sql > report.csv`;
