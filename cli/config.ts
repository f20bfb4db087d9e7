import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { configOption, dataDirectoryOption } from "./data_directory.ts";
import { configFilePaths, findConfigFile } from "./settings/config_file.ts";
import { configPlace, readSources } from "./settings/read_sources.ts";
import { describeOrigin, resolveSetting, type Sources } from "./settings/resolve.ts";
import { allSettings, type Setting } from "./settings/setting.ts";
import { Variables } from "./settings/variables.ts";
import { print } from "./terminal.ts";

const MASK = "********";

/**
 * `collider config`: what is configured, and where.
 *
 * @param program all of its commands' settings are shown
 */
export function configCommand(program: CommandUnknownOpts): CommandUnknownOpts {
  return new Command("config")
    .description("show the settings and where they come from")
    .addCommand(showCommand(program))
    .addCommand(pathCommand()) as unknown as CommandUnknownOpts;
}

function showCommand(program: CommandUnknownOpts) {
  return new Command("show")
    .description("print every setting's value; secrets are masked")
    .option("--origin", "say where each value comes from")
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .action(async ({ origin }, command) => {
      const settings = allSettings(program);
      const sources = await readSources(command as unknown as CommandUnknownOpts, settings);
      for (const line of settingLines(settings, sources, origin === true)) print(line);
    });
}

function pathCommand() {
  return new Command("path")
    .description("print the path of the configuration file, or where it may be")
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .action(async (_, command) => {
      const variables = await Variables.read(Deno.cwd());
      const place = configPlace(command as unknown as CommandUnknownOpts, variables);
      const path = place.givenPath ?? await findConfigFile(place.dataDirectory);
      const paths = path === null ? configFilePaths(place.dataDirectory) : [path];
      paths.forEach(print);
    });
}

/** A line for each setting: its key, its value and, if asked for, where that comes from. */
export function settingLines(
  settings: readonly Setting[],
  sources: Sources,
  withOrigin: boolean,
): string[] {
  const rows = settings.map((setting) => {
    const resolved = resolveSetting(setting, sources);
    const text = resolved === null ? defaultText(setting) : resolved.text;
    return {
      name: setting.name,
      value: setting.isSecret && resolved !== null ? MASK : JSON.stringify(text).slice(1, -1),
      origin: resolved === null ? "default" : describeOrigin(resolved.origin),
    };
  });
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const valueWidth = Math.max(...rows.map(({ value }) => value.length));
  return rows.map(({ name, value, origin }) =>
    withOrigin
      ? `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${origin}`
      : `${name.padEnd(nameWidth)}  ${value}`.trimEnd()
  );
}

function defaultText({ kind, option }: Setting): string {
  if (kind === "switch") return String(option.negate);
  return option.defaultValueDescription ?? String(option.defaultValue ?? "");
}
