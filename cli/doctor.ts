import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { checkConfiguration } from "./doctor/configuration_check.ts";
import { EXIT } from "./exit_codes.ts";
import { serveFlags } from "./serve_flags.ts";
import { readSources } from "./settings/read_sources.ts";
import { allSettings } from "./settings/setting.ts";
import { lineStyle, print } from "./terminal.ts";

/**
 * `collider doctor`: whether a gateway with these flags would run, and what to do if not.
 *
 * @param program whose variables are known
 */
export function doctorCommand(program: CommandUnknownOpts): CommandUnknownOpts {
  return serveFlags("doctor")
    .description("check what the gateway needs, and say what to do; takes the flags of serve")
    .optionsGroup("Result:")
    .option("--json", "print one JSON object")
    .addHelpText("after", DOCTOR_HELP)
    .action(async (flags, command) => {
      const settings = allSettings(program);
      const sources = await readSources(command as unknown as CommandUnknownOpts, settings);
      const { examine } = await import("./doctor/examine.ts");
      const { findingLines } = await import("./doctor/finding_lines.ts");
      const findings = [...checkConfiguration(settings, sources), ...await examine(flags)];
      const isSound = findings.every(({ status }) => status !== "broken");
      if (flags.json === true) print(JSON.stringify({ ok: isSound, checks: findings }, null, 2));
      else findings.flatMap((finding) => findingLines(finding, lineStyle())).forEach(print);
      if (!isSound) Deno.exit(EXIT.failure);
    }) as unknown as CommandUnknownOpts;
}

const DOCTOR_HELP = `
Nothing is changed, and only this machine and the language model's server are contacted.
Exit code: 1 if something is broken (✗), else 0.

Example:
  collider doctor --ring-capacity 1000000`;
