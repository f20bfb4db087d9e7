import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { THEME_NAMES } from "../tui/screen/theme.ts";
import { gatewayUrl, hostOption, portOption, tokenOption, urlOption } from "./address_flags.ts";
import { configOption } from "./data_directory.ts";
import { integer } from "./values.ts";

/** `collider top`: the dashboard of a gateway that runs somewhere else. */
export function topCommand(): CommandUnknownOpts {
  return new Command("top")
    .description("show the dashboard of a running gateway")
    .addOption(
      new Option("--theme <theme>", "how it looks (default: dark; none with NO_COLOR)")
        .choices(THEME_NAMES),
    )
    .addOption(
      new Option("--refresh <milliseconds>", "from one look at the gateway to the next")
        .default(250).argParser(integer(10, 60_000)),
    )
    .optionsGroup("Gateway:")
    .addOption(configOption())
    .addOption(urlOption())
    .addOption(tokenOption("the gateway's token"))
    .addOption(hostOption().hideHelp())
    .addOption(portOption().hideHelp())
    .addHelpText("after", TOP_HELP)
    .action(async ({ theme, refresh, token, ...address }) => {
      const { runDashboard } = await import("../tui/dashboard.ts");
      const { remoteSource } = await import("../tui/source.ts");
      const source = remoteSource(gatewayUrl(address), token);
      await runDashboard({ source, theme, refreshMs: refresh });
    }) as unknown as CommandUnknownOpts;
}

const TOP_HELP = `
Press ? for the keys, q to quit.

Examples:
  collider top
  GATEWAY_TOKEN=… collider top --url https://gateway.example.com --theme light`;
