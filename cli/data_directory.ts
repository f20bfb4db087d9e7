import { homedir } from "node:os";
import { join } from "node:path";
import { Option } from "@commander-js/extra-typings";

/** Where the gateway keeps what it keeps, unless told otherwise: the user's data directory. */
export function defaultDataDirectory(): string {
  const home = homedir();
  const dataHome = Deno.build.os === "darwin"
    ? join(home, "Library", "Application Support")
    : Deno.build.os === "windows"
    ? Deno.env.get("LOCALAPPDATA") || join(home, "AppData", "Local")
    : Deno.env.get("XDG_DATA_HOME") || join(home, ".local", "share");
  return join(dataHome, "collider");
}

/** Where the user keeps the configuration of programs. */
export function configDirectory(): string {
  const home = homedir();
  const configHome = Deno.build.os === "darwin"
    ? join(home, "Library", "Application Support")
    : Deno.build.os === "windows"
    ? Deno.env.get("APPDATA") || join(home, "AppData", "Roaming")
    : Deno.env.get("XDG_CONFIG_HOME") || join(home, ".config");
  return join(configHome, "collider");
}

/** `--data-dir`, which every command takes that reads or writes there. */
export function dataDirectoryOption() {
  return new Option("--data-dir <path>", "folder of the database and the models")
    .default(defaultDataDirectory());
}

/** `--config`, which every command takes that has settings. */
export function configOption() {
  return new Option("--config <file>", "configuration file (default: see `collider config path`)");
}

/** The folder of the models that are installed. */
export function modelsDirectory(dataDirectory: string): string {
  return join(dataDirectory, "models");
}
