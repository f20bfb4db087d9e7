import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { z } from "zod";
import { clientCommand, gatewayUrl } from "./address_flags.ts";
import { GatewayAnswerError } from "./client/errors.ts";
import { eventLine, ShownEvent } from "./client/event_line.ts";
import { GatewayClient } from "./client/gateway_client.ts";
import { safeJson } from "./client/safe_text.ts";
import { lineStyle, note, print } from "./terminal.ts";
import { integer } from "./values.ts";

const MODES = ["hybrid", "vector", "text"] as const;
const SCORE_CELLS = 6;

const Results = z.object({
  results: z.array(z.looseObject({ score: z.number(), event: ShownEvent.loose() })),
});

/** `collider search`: finds events that are about something. */
export function searchCommand(): CommandUnknownOpts {
  return clientCommand("search")
    .description("find the events that are about something, best first")
    .argument("<text>", "what they are about")
    .optionsGroup("Events:")
    .addOption(
      new Option("--k <number>", "events at most").default(10).argParser(integer(1, 1_000)),
    )
    .addOption(
      new Option("--mode <mode>", "vector = by meaning; text = by words; hybrid = by both")
        .choices(MODES).default("hybrid" as const),
    )
    .option("--type <type>", "only events of this type")
    .option("--conversation <id>", "only events of this conversation")
    .option("--since <time>", "only events that arrived then or later; RFC 3339")
    .option("--until <time>", "only events that arrived before; RFC 3339")
    .option("--json", "print a result's JSON on each line")
    .addHelpText("after", SEARCH_HELP)
    .action(async (text, { k, mode, type, conversation, since, until, json, ...address }) => {
      const client = new GatewayClient({ url: gatewayUrl(address), token: address.token });
      const results = await search(client, {
        text,
        k,
        mode,
        // What is undefined is left out of the JSON.
        filter: { type, conversation_id: conversation, since, until },
      });
      for (const result of results) {
        if (json === true) print(safeJson(JSON.stringify(result)));
        else {
          const { columns, hasColours } = lineStyle();
          const style = { columns: columns - SCORE_CELLS - 2, hasColours };
          print(
            `${result.score.toFixed(4).padStart(SCORE_CELLS)}  ${eventLine(result.event, style)}`,
          );
        }
      }
      if (results.length === 0) note("nothing was found");
    }) as unknown as CommandUnknownOpts;
}

async function search(client: GatewayClient, body: unknown) {
  const answer = await client.requestJson("/api/search", body);
  const { success, data, error } = Results.safeParse(answer);
  if (success) return data.results;
  throw new GatewayAnswerError("what came is no result of a search", { cause: error });
}

const SEARCH_HELP = `
Examples:
  collider search "customers who want to cancel"
  collider search "seguro do carro" --type UserMessage --k 3 --json`;
