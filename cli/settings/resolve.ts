import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { SettingValueError } from "../errors.ts";
import type { ConfigFile } from "./config_file.ts";
import { type Setting, settingsOf } from "./setting.ts";
import type { Variables } from "./variables.ts";

/** Where settings come from, besides flags. */
export interface Sources {
  readonly variables: Variables;
  /** null = there is none. */
  readonly file: ConfigFile | null;
}

/** Where a value stands. */
export type Origin =
  | { readonly from: "variable"; readonly name: string; readonly path: string | null }
  | { readonly from: "file"; readonly path: string };

/** A setting's value, and where it stands. */
export interface Resolved {
  /** As the command gets it. */
  readonly value: unknown;
  /** As it was written. */
  readonly text: string;
  readonly origin: Origin;
}

/**
 * Gives a command those of its settings that no flag has given: a variable's value, else the
 * configuration file's.
 *
 * @throws {SettingValueError} if a value can't be taken
 */
export function applySettings(command: CommandUnknownOpts, sources: Sources): void {
  for (const setting of settingsOf(command)) {
    const attribute = setting.option.attributeName();
    if (command.getOptionValueSource(attribute) === "cli") continue;
    const resolved = resolveSetting(setting, sources);
    if (resolved === null) continue;
    const source = resolved.origin.from === "file" ? "config" : "env";
    command.setOptionValueWithSource(attribute, resolved.value, source);
  }
}

/**
 * Looks a setting up.
 *
 * @returns null if it is nowhere set
 * @throws {SettingValueError} if its value can't be taken
 */
export function resolveSetting(setting: Setting, { variables, file }: Sources): Resolved | null {
  const variable = variables.get(setting.variable);
  if (variable !== null) {
    const { text, path } = variable;
    const origin: Origin = { from: "variable", name: setting.variable, path };
    return { value: parsed(setting, textValue(setting, text, origin), origin), text, origin };
  }
  if (file === null || !Object.hasOwn(file.values, setting.name)) return null;
  const origin: Origin = { from: "file", path: file.path };
  const written = fileValue(setting, file.values[setting.name], origin);
  return { value: parsed(setting, written, origin), text: textOf(written), origin };
}

/** Says where a value stands. */
export function describeOrigin(origin: Origin): string {
  if (origin.from === "file") return `file ${origin.path}`;
  const where = origin.path === null ? "" : ` in ${origin.path}`;
  return `variable ${origin.name}${where}`;
}

/** A switch's state, a value's text, or a table's `name=value` texts. */
type Written = boolean | string | readonly string[];

function textValue(setting: Setting, text: string, origin: Origin): Written {
  if (setting.kind === "value") return text;
  if (setting.kind === "table") {
    return text.split(";").map((entry) => entry.trim()).filter((entry) => entry !== "");
  }
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  throw refusal(setting, origin, "It must be true or false.");
}

function fileValue(setting: Setting, value: unknown, origin: Origin): Written {
  switch (setting.kind) {
    case "switch":
      if (typeof value === "boolean") return value;
      throw refusal(setting, origin, "It must be true or false, without quotes.");
    case "value": {
      const text = scalar(value);
      if (text !== null) return text;
      throw refusal(setting, origin, "It must be a text in quotes, or a number.");
    }
    case "table": {
      const entries = Object.entries(isTable(value) ? value : {});
      const texts = entries.map(([name, entry]) => [name, scalar(entry)]);
      if (isTable(value) && texts.every(([, text]) => text !== null)) {
        return texts.map(([name, text]) => `${name}=${text}`);
      }
      throw refusal(setting, origin, `It must be a table: [${setting.name}] and lines below it.`);
    }
  }
}

/** Texts, numbers and lists of them, as flags have them. */
function scalar(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (!Array.isArray(value)) return null;
  const parts = value.map((part) => Array.isArray(part) ? null : scalar(part));
  return parts.includes(null) ? null : parts.join(",");
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}

function parsed({ option, ...setting }: Setting, written: Written, origin: Origin): unknown {
  if (typeof written === "boolean") return written;
  const { parseArg } = option;
  if (parseArg === undefined) return written;
  try {
    return typeof written === "string"
      ? parseArg(written, undefined)
      : written.reduce<unknown>((former, entry) => parseArg(entry, former), undefined);
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw refusal({ option, ...setting }, origin, cause.message);
  }
}

/** @param demand what the value must be. The value itself is not repeated: it may be a secret. */
function refusal({ name }: Setting, origin: Origin, demand: string): SettingValueError {
  const where = origin.from === "file"
    ? `${origin.path}: ${name}`
    : `${origin.name}${origin.path === null ? "" : ` in ${origin.path}`}`;
  return new SettingValueError(`${where} has a value that can't be used`, demand);
}

function textOf(written: Written): string {
  return typeof written === "object" ? written.join("; ") : String(written);
}
