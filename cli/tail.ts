import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { clientCommand, gatewayUrl } from "./address_flags.ts";

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
    .action(async ({ type, conversation, grep, json, token, ...address }) => {
      const { showTail } = await import("./client/show_tail.ts");
      await showTail({ url: gatewayUrl(address), token }, {
        filter: { type, conversation, contains: grep },
        asJson: json === true,
      });
    }) as unknown as CommandUnknownOpts;
}

const TAIL_HELP = `
When the connection is lost it is made again, and goes on after the last event that was shown.

Examples:
  collider tail --type UserMessage
  collider tail --json | jq .data.message
  GATEWAY_TOKEN=… collider tail --url https://gateway.example.com`;
