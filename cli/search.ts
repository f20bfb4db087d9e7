import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { clientCommand, gatewayUrl } from "./address_flags.ts";
import { integer, nonEmpty, timestamp } from "./values.ts";

/** How events are found. */
const MODES = ["hybrid", "vector", "text"] as const;
/** `collider search`: finds events that are about something. */
export function searchCommand(): CommandUnknownOpts {
  return clientCommand("search")
    .description("find the events that are about something, best first")
    .argument("<text>", "what they are about", nonEmpty)
    .optionsGroup("Events:")
    .addOption(
      new Option("--k <number>", "events at most").default(10).argParser(integer(1, 100)),
    )
    .addOption(
      new Option("--mode <mode>", "vector = by meaning; text = by words; hybrid = by both")
        .choices(MODES).default("hybrid" as const),
    )
    .option("--type <type>", "only events of this type")
    .option("--conversation <id>", "only events of this conversation")
    .option("--since <time>", "only events that arrived then or later; RFC 3339", timestamp)
    .option("--until <time>", "only events that arrived before; RFC 3339", timestamp)
    .option("--json", "print a result's JSON on each line")
    .addHelpText("after", SEARCH_HELP)
    .action(async (text, { type, conversation, json, ...flags }) => {
      const { showSearch } = await import("./client/show_search.ts");
      const { k, mode, since, until, token } = flags;
      await showSearch({ url: gatewayUrl(flags), token }, {
        query: { text, k, mode, filter: { type, conversation_id: conversation, since, until } },
        asJson: json === true,
      });
    }) as unknown as CommandUnknownOpts;
}

const SEARCH_HELP = `
Examples:
  collider search "customers who want to cancel"
  collider search "seguro do carro" --type UserMessage --k 3 --json`;
