import { tmpdir } from "node:os";
import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { writeOut } from "./terminal.ts";
import { integer } from "./values.ts";

/** `collider bench`: what this machine makes of it, beside what it could do at best. */
export function benchCommand(): CommandUnknownOpts {
  return new Command("bench")
    .description("measure this machine with a gateway of its own, which leaves nothing behind")
    .option("--seconds <number>", "how long each round of single events takes", integer(1, 600), 3)
    .option("--lines <number>", "lines of each NDJSON body", integer(1_000, 10_000_000), 100_000)
    .option("--json", "print one JSON object")
    .addHelpText("after", BENCH_HELP)
    .action(async ({ seconds, lines, json }) => {
      const { measureHere } = await import("../bench/here.ts");
      const { formatJson, formatTable } = await import("../bench/table.ts");
      const { Workspace } = await import("../bench/workspace.ts");
      // The runtime lets no program of narrow permissions make folders in /dev/shm.
      await using workspace = await Workspace.create(tmpdir());
      const measurements = await measureHere(workspace, { durationMs: seconds * 1000, lines });
      writeOut(`${json === true ? formatJson(measurements) : formatTable(measurements)}\n`);
    }) as unknown as CommandUnknownOpts;
}

const BENCH_HELP = `
Each figure stands beside a floor that was measured in the same run: compare ratios, not rates.

Example:
  collider bench --seconds 5 --json`;
