import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UsageError } from "./errors.ts";
import { writeOut } from "./terminal.ts";

/** `collider consumer`: writes out the Python reader of the ring that belongs to this version. */
export function consumerCommand(): CommandUnknownOpts {
  return new Command("consumer")
    .description("write consumer.py, the Python reader of the ring, to standard output")
    .addHelpText("after", CONSUMER_HELP)
    .action(async () => {
      const source = await Deno.readFile(new URL("../consumer.py", import.meta.url));
      // Before this program runs, the shell empties what its output goes to.
      if (source.length === 0) {
        throw new UsageError(
          "the checkout's own consumer.py is empty",
          "Get it back with `git checkout consumer.py`, and write it to another folder.",
        );
      }
      writeOut(source);
    }) as unknown as CommandUnknownOpts;
}

const CONSUMER_HELP = `
It is one file and needs Python 3.9 and NumPy.

Example:
  collider consumer > consumer.py && python3 consumer.py --follow`;
