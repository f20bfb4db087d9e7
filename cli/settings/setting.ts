import type { CommandUnknownOpts } from "@commander-js/extra-typings";

type Option = CommandUnknownOpts["options"][number];

/** What a setting's value is made of. */
export type SettingKind =
  /** On or off. */
  | "switch"
  /** A text or a number. */
  | "value"
  /** Several names with a value each, such as `--webhook-secret <source=secret>`. */
  | "table";

/** A flag that a variable and the configuration file may set, too. */
export interface Setting {
  /** The flag without its dashes and without `no-`; the key in the configuration file. */
  readonly name: string;
  /** The environment variable. */
  readonly variable: string;
  readonly kind: SettingKind;
  /** Never shown. */
  readonly isSecret: boolean;
  readonly option: Option;
}

/** Variables that other programs read, too; all others are the flag's name behind `COLLIDER_`. */
const SHARED_VARIABLES: Readonly<Record<string, string>> = {
  "token": "GATEWAY_TOKEN",
  "llm-base-url": "LLM_BASE_URL",
  "llm-model": "LLM_MODEL",
  "llm-api-key": "LLM_API_KEY",
  "hub-url": "HF_ENDPOINT",
  "hub-token": "HF_TOKEN",
};

const SECRETS: ReadonlySet<string> = new Set([
  "token",
  "webhook-secret",
  "export-secret",
  "llm-api-key",
  "hub-token",
]);

/** The variable that names the configuration file, which no file can name itself. */
export const CONFIG_VARIABLE = "COLLIDER_CONFIG";

/** The settings of one command. */
export function settingsOf(command: CommandUnknownOpts): Setting[] {
  return command.options
    .filter(({ long }) => long !== undefined && !["--config", "--version"].includes(long))
    .map(toSetting);
}

/** The settings of a program and all of its commands, each name once. */
export function allSettings(program: CommandUnknownOpts): Setting[] {
  const settings = new Map<string, Setting>();
  const gather = (command: CommandUnknownOpts) => {
    for (const setting of settingsOf(command)) {
      if (!settings.has(setting.name)) settings.set(setting.name, setting);
    }
    command.commands.forEach(gather);
  };
  gather(program);
  return [...settings.values()];
}

function toSetting(option: Option): Setting {
  const name = option.name().replace(/^no-/, "");
  const kind = !option.required && !option.optional
    ? "switch"
    : /<[^>]+=[^>]+>/.test(option.flags)
    ? "table"
    : "value";
  return {
    name,
    variable: SHARED_VARIABLES[name] ?? `COLLIDER_${name.replaceAll("-", "_").toUpperCase()}`,
    kind,
    isSecret: SECRETS.has(name),
    option,
  };
}
