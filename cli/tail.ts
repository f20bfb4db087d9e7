import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { clientCommand, gatewayUrl } from "./address_flags.ts";
import { eventLine, parseEvent } from "./client/event_line.ts";
import { followEvents } from "./client/event_stream.ts";
import { GatewayClient } from "./client/gateway_client.ts";
import { safeJson } from "./client/safe_text.ts";
import { lineStyle, note, print } from "./terminal.ts";

/** `collider tail`: shows events as they are published. */
export function tailCommand(): CommandUnknownOpts {
  return clientCommand("tail")
    .description("show events as they are published")
    .optionsGroup("Events:")
    .option("--type <type>", "only events of this type")
    .option("--conversation <id>", "only events of this conversation")
    .option("--grep <text>", "only events whose payload contains this text, in any case")
    .option("--json", "print an event's JSON on each line")
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
        else print(eventLine(parseEvent(message.json), lineStyle()));
      }
    }) as unknown as CommandUnknownOpts;
}

const TAIL_HELP = `
When the connection is lost it is made again, and goes on after the last event that was shown.

Examples:
  collider tail --type UserMessage
  collider tail --json | jq .data.message
  GATEWAY_TOKEN=… collider tail --url https://gateway.example.com`;
