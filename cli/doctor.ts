import { styleText } from "node:util";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { clipTo } from "../tui/screen/glyphs.ts";
import { checkConfiguration } from "./doctor/configuration_check.ts";
import type { Finding, FindingStatus } from "./doctor/finding.ts";
import { EXIT } from "./exit_codes.ts";
import { serveFlags } from "./serve_flags.ts";
import { readSources } from "./settings/read_sources.ts";
import { allSettings } from "./settings/setting.ts";
import { lineStyle, print } from "./terminal.ts";

const SIGNS: Readonly<
  Record<FindingStatus, readonly [sign: string, colour: "green" | "yellow" | "red"]>
> = {
  ok: ["✓", "green"],
  warning: ["!", "yellow"],
  broken: ["✗", "red"],
};
const NAME_CELLS = 16;

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
      // Loads DuckDB.
      const { examine } = await import("./doctor/examine.ts");
      const findings = [...checkConfiguration(settings, sources), ...await examine(flags)];
      const isSound = findings.every(({ status }) => status !== "broken");
      if (flags.json === true) print(JSON.stringify({ ok: isSound, checks: findings }, null, 2));
      else findings.flatMap(findingLines).forEach(print);
      if (!isSound) Deno.exit(EXIT.failure);
    }) as unknown as CommandUnknownOpts;
}

function findingLines({ name, status, message, hint }: Finding): string[] {
  const [sign, colour] = SIGNS[status];
  const mark = lineStyle().hasColours ? styleText(colour, sign, { validateStream: false }) : sign;
  const lines = [`${mark} ${name.padEnd(NAME_CELLS)}${clipTo(message, Infinity)}`];
  if (hint !== null) lines.push(" ".repeat(NAME_CELLS + 2) + clipTo(hint, Infinity));
  return lines;
}

const DOCTOR_HELP = `
Nothing is changed, and only this machine and the language model's server are contacted.
Exit code: 1 if something is broken (✗), else 0.

Example:
  collider doctor --ring-capacity 1000000`;
