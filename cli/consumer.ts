import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { writeOut } from "./terminal.ts";

/** `collider consumer`: writes out the Python reader of the ring that belongs to this version. */
export function consumerCommand(): CommandUnknownOpts {
  return new Command("consumer")
    .description("write consumer.py, the Python reader of the ring, to standard output")
    .addHelpText("after", CONSUMER_HELP)
    .action(async () => {
      writeOut(await Deno.readFile(new URL("../consumer.py", import.meta.url)));
    }) as unknown as CommandUnknownOpts;
}

const CONSUMER_HELP = `
It is one file and needs Python 3.9 and NumPy.

Example:
  collider consumer > consumer.py && python3 consumer.py --follow`;
