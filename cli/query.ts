import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { PUBLIC_RELATIONS } from "../gateway/store/read_only_sql.ts";
import { clientCommand, gatewayUrl } from "./address_flags.ts";
import { QUERY_FORMATS, QUERY_ROWS_MAX } from "./client/query_formats.ts";
import { UsageError } from "./errors.ts";
import { integer } from "./values.ts";

const BINARY_FORMATS: ReadonlySet<string> = new Set(["arrow", "parquet"]);

/** `collider query`: asks the store of a running gateway by SQL. */
export function queryCommand(): CommandUnknownOpts {
  return clientCommand("query")
    .description("ask the store by SQL, read-only")
    .argument("[sql]", "one statement; from standard input if it is left out")
    .optionsGroup("Result:")
    .addOption(
      new Option("--format <format>", "what the rows become").choices(QUERY_FORMATS)
        .default("table" as const),
    )
    .option("--output <file>", "write them to this file")
    .addOption(
      new Option("--max-rows <number>", "rows at most (default: 1,000 in a table, else all)")
        .argParser(integer(1, QUERY_ROWS_MAX)),
    )
    .addHelpText("after", QUERY_HELP)
    .action(async (sql, { format, output, maxRows, token, ...address }) => {
      if (BINARY_FORMATS.has(format) && output === undefined && Deno.stdout.isTerminal()) {
        throw new UsageError(
          `${format} is not for terminals`,
          "Write it to a file with --output, or into a pipe.",
        );
      }
      const { showQuery } = await import("./client/show_query.ts");
      await showQuery({ url: gatewayUrl(address), token }, { sql, format, output, maxRows });
    }) as unknown as CommandUnknownOpts;
}

const QUERY_HELP = `
What can be read: ${PUBLIC_RELATIONS.join(", ")}.

Examples:
  collider query "FROM events SELECT type, count(*) AS received GROUP BY type"
  collider query "FROM events" --format parquet --output events.parquet
  collider query --format csv < report.sql > report.csv`;
