/**
 * Measures the parts that must be quick, each beside what this machine could do at best in the same
 * run.
 *
 *     deno task bench [ring|store|ingest|arrow|consumer|embed|ocr|dashboard] [--json] [--lines <number>]
 */
import { Argument, Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { measureArrow } from "./arrow_suite.ts";
import { measureConsumer } from "./consumer_suite.ts";
import { measureDashboard } from "./dashboard_suite.ts";
import { measureEmbed } from "./embed_suite.ts";
import { measureIngest } from "./ingest_suite.ts";
import type { Measurement } from "./measurement.ts";
import { measureOcr } from "./ocr_suite.ts";
import { measureRing } from "./ring_suite.ts";
import { measureStore } from "./store_suite.ts";
import { formatJson, formatTable } from "./table.ts";
import { Workspace } from "./workspace.ts";

/** What the flags say about how to measure. */
interface Flags {
  /** Lines of the NDJSON body. */
  readonly lines: number;
}

const SUITES: Record<string, (workspace: Workspace, flags: Flags) => Promise<Measurement[]>> = {
  ring: measureRing,
  store: measureStore,
  ingest: (workspace, { lines }) => measureIngest(workspace, lines),
  arrow: measureArrow,
  consumer: measureConsumer,
  embed: measureEmbed,
  ocr: measureOcr,
  dashboard: measureDashboard,
};

const program = new Command("bench")
  .description("measure the product against what this machine could do at best")
  .addArgument(new Argument("[suite]", "all of them if none is named").choices(Object.keys(SUITES)))
  .option("--json", "print one JSON object")
  .option("--lines <number>", "lines of the NDJSON body", positiveInteger, 300_000)
  .action(async (suite, { json, lines }) => {
    const names = suite === undefined ? Object.keys(SUITES) : [suite];
    const measurements: Measurement[] = [];
    for (const name of names) {
      write(Deno.stderr, `measuring ${name} …`);
      measurements.push(...await inWorkspace((place) => SUITES[name]!(place, { lines })));
    }
    write(Deno.stdout, json === true ? formatJson(measurements) : formatTable(measurements));
  });

try {
  await program.parseAsync();
} catch (error) {
  const { hint } = error as { hint?: string };
  write(Deno.stderr, `error: ${error instanceof Error ? error.stack : error}`);
  if (hint !== undefined) write(Deno.stderr, `       ${hint}`);
  Deno.exit(1);
}

/** Cleans up behind the suite, also when it fails or somebody stops it. */
async function inWorkspace<T>(measure: (workspace: Workspace) => Promise<T>): Promise<T> {
  await using workspace = await Workspace.create();
  const stop = async () => {
    await workspace[Symbol.asyncDispose]();
    Deno.exit(130);
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  try {
    return await measure(workspace);
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, stop);
  }
}

function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 to 999,999,999.");
}

function write(stream: typeof Deno.stdout, line: string): void {
  stream.writeSync(new TextEncoder().encode(`${line}\n`));
}
