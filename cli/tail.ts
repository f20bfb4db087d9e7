import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { gatewayUrl, hostOption, portOption, tokenOption, urlOption } from "./address_flags.ts";
import { eventLine, type LineStyle, safeJson } from "./client/event_line.ts";
import { followEvents } from "./client/event_stream.ts";
import { GatewayClient } from "./client/gateway_client.ts";
import { configOption } from "./data_directory.ts";
import { hasColours, note, print } from "./terminal.ts";

/** `collider tail`: shows events as they are published. */
export function tailCommand(): CommandUnknownOpts {
  return new Command("tail")
    .description("show events as they are published")
    .optionsGroup("Events:")
    .option("--type <type>", "only events of this type")
    .option("--conversation <id>", "only events of this conversation")
    .option("--grep <text>", "only events whose payload contains this text, in any case")
    .option("--json", "print an event's JSON on each line")
    .optionsGroup("Gateway:")
    .addOption(configOption())
    .addOption(urlOption())
    .addOption(tokenOption("the gateway's token"))
    .addOption(hostOption().hideHelp())
    .addOption(portOption().hideHelp())
    .addHelpText("after", TAIL_HELP)
    .action(async ({ type, conversation, grep, json, ...address }) => {
      const client = new GatewayClient({ url: gatewayUrl(address), token: address.token });
      const messages = followEvents(client, {
        filter: { type, conversation, contains: grep },
        onLost: (problem, waitMs) => note(`${problem}; trying again in ${waitMs / 1000} s`),
        onBack: () => note("connected again"),
      });
      for await (const message of messages) {
        if (message.kind === "dropped") note(`${message.count} events were too many to be shown`);
        else if (json === true) print(safeJson(message.json));
        else print(eventLine(message.json, lineStyle()));
      }
    }) as unknown as CommandUnknownOpts;
}

/** Of each line anew: the window may have been made wider. */
function lineStyle(): LineStyle {
  const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
  return { columns, hasColours: hasColours() };
}

const TAIL_HELP = `
When the connection is lost it is made again, and goes on after the last event that was shown.

Examples:
  collider tail --type UserMessage
  collider tail --json | jq .data.message
  GATEWAY_TOKEN=… collider tail --url https://gateway.example.com`;
