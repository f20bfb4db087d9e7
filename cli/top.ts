import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { clientCommand, gatewayUrl } from "./address_flags.ts";
import { themeOption } from "./theme_flag.ts";
import { integer } from "./values.ts";

/** `collider top`: the dashboard of a gateway that runs already, here or elsewhere. */
export function topCommand(): CommandUnknownOpts {
  return clientCommand("top")
    .description("show the dashboard of a running gateway")
    .optionsGroup("Dashboard:")
    .addOption(themeOption())
    .addOption(
      new Option("--refresh-ms <milliseconds>", "from one look at the gateway to the next")
        .default(250).argParser(integer(1, 60_000)),
    )
    .addHelpText("after", TOP_HELP)
    .action(async ({ theme, refreshMs, token, ...address }) => {
      const { runDashboard } = await import("../tui/dashboard.ts");
      const { gatewaySource } = await import("../tui/source.ts");
      await runDashboard({ source: gatewaySource(gatewayUrl(address), token), theme, refreshMs });
    }) as unknown as CommandUnknownOpts;
}

const TOP_HELP = `
Press ? for the keys, q to quit.

Examples:
  collider top
  GATEWAY_TOKEN=… collider top --url https://gateway.example.com --theme light`;
