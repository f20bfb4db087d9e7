import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { defaultDataDirectory } from "../data_directory.ts";
import { readConfigFile } from "./config_file.ts";
import type { Sources } from "./resolve.ts";
import { CONFIG_VARIABLE, type Setting } from "./setting.ts";
import { Variables } from "./variables.ts";

/**
 * Reads the environment, `.env` in the working directory and the configuration file.
 *
 * @param command its `--config` and `--data-dir` say where the file is
 * @param known the settings that the file may have
 * @throws {ConfigFileError} if one of the files can't be used
 */
export async function readSources(
  command: CommandUnknownOpts,
  known: readonly Setting[],
): Promise<Sources> {
  const variables = await Variables.read(Deno.cwd());
  const file = await readConfigFile({
    ...configPlace(command, variables),
    knownKeys: known.map(({ name }) => name),
  });
  return { variables, file };
}

/** Where the configuration file is to be looked for. */
export function configPlace(
  command: CommandUnknownOpts,
  variables: Variables,
): { readonly givenPath: string | null; readonly dataDirectory: string } {
  const { config, dataDir } = command.opts() as { config?: string; dataDir?: string };
  const isGiven = command.getOptionValueSource("dataDir") === "cli";
  return {
    givenPath: config ?? variables.get(CONFIG_VARIABLE)?.text ?? null,
    dataDirectory: isGiven && dataDir !== undefined
      ? dataDir
      : variables.get("COLLIDER_DATA_DIR")?.text ?? defaultDataDirectory(),
  };
}
