import { closestName } from "../settings/config_file.ts";
import type { Sources } from "../settings/resolve.ts";
import { CONFIG_VARIABLE, type Setting } from "../settings/setting.ts";
import { type Finding, ok, warning } from "./finding.ts";

const PREFIX = "COLLIDER_";

/** Which configuration file is in use, and variables that nothing reads. */
export function checkConfiguration(
  settings: readonly Setting[],
  { variables, file }: Sources,
): Finding[] {
  const name = "configuration";
  const known = [CONFIG_VARIABLE, ...settings.map(({ variable }) => variable)];
  const unknown = variables.names().filter((variable) =>
    variable.startsWith(PREFIX) && !known.includes(variable)
  );
  return [
    ok(name, file === null ? "no collider.toml; see `collider config show`" : file.path),
    ...unknown.map((variable) => {
      const meant = closestName(variable, known);
      return warning(
        name,
        `the variable ${variable} is no setting`,
        meant === null ? "remove it" : `did you mean ${meant}?`,
      );
    }),
  ];
}
