import { Command, Option } from "@commander-js/extra-typings";
import { CATALOGUE } from "../models/catalogue/catalogue.ts";
import { DEFAULT_HUB_URL, ModelStore } from "../models/catalogue/model_store.ts";
import { dataDirectoryOption, modelsDirectory } from "./data_directory.ts";
import { ProgressBar } from "./progress_bar.ts";

const encoder = new TextEncoder();

/** `collider models`: what can be installed, and what is. */
export function modelsCommand(): Command {
  return new Command("models")
    .description("install the models that run in the gateway")
    .addCommand(listCommand())
    .addCommand(pullCommand())
    .addCommand(verifyCommand())
    .addCommand(removeCommand()) as unknown as Command;
}

function listCommand() {
  return new Command("list")
    .description("list the models that can be installed")
    .addOption(dataDirectoryOption())
    .action(async ({ dataDir }) => {
      const store = storeIn(dataDir);
      const installed = new Set((await store.installed()).map(({ name }) => name));
      for (const { name, about, licence, files } of CATALOGUE) {
        const megabytes = Math.ceil(files.reduce((sum, file) => sum + file.sizeBytes, 0) / 1e6);
        const mark = installed.has(name) ? "installed" : "";
        print(
          `${name.padEnd(18)} ${String(megabytes).padStart(5)} MB  ${mark.padEnd(9)}  ` +
            `${about} (${licence})`,
        );
      }
    });
}

function pullCommand() {
  return new Command("pull")
    .description("download and install models")
    .argument("<name...>", "names of models; see `collider models list`")
    .addOption(dataDirectoryOption())
    .addOption(
      new Option("--hub-url <url>", "where to pull from: the hub or a mirror of it")
        .default(DEFAULT_HUB_URL).env("HF_ENDPOINT"),
    )
    .action(async (names, { dataDir, hubUrl }) => {
      const store = storeIn(dataDir);
      for (const name of names) {
        const bars = new Map<string, ProgressBar>();
        await store.pull(name, {
          hubUrl,
          token: Deno.env.get("HF_TOKEN"),
          onProgress: (path, doneBytes, totalBytes) => {
            const bar = bars.get(path) ?? newBar(path);
            bars.set(path, bar);
            bar.update(doneBytes, totalBytes, performance.now());
          },
        });
        print(`${name} is installed in ${store.directory}`);
      }
    });
}

function verifyCommand() {
  return new Command("verify")
    .description("compare installed models with what was downloaded")
    .argument("[name...]", "names of models; all that are installed if none is given")
    .addOption(dataDirectoryOption())
    .action(async (names, { dataDir }) => {
      const store = storeIn(dataDir);
      const installed = (await store.installed()).map(({ name }) => name);
      let isWhole = true;
      for (const name of names.length > 0 ? names : installed) {
        const problems = await store.verify(name);
        isWhole &&= problems.length === 0;
        print(
          problems.length === 0
            ? `${name}: as it was installed`
            : `${name}: ${problems.join(", ")}`,
        );
      }
      if (!isWhole) Deno.exit(1);
    });
}

function removeCommand() {
  return new Command("remove")
    .description("remove installed models")
    .argument("<name...>", "names of models")
    .addOption(dataDirectoryOption())
    .action(async (names, { dataDir }) => {
      const store = storeIn(dataDir);
      for (const name of names) {
        await store.remove(name);
        print(`${name} is removed`);
      }
    });
}

function storeIn(dataDirectory: string): ModelStore {
  return new ModelStore(modelsDirectory(dataDirectory));
}

function newBar(path: string): ProgressBar {
  return new ProgressBar({
    label: path.split("/").at(-1)!,
    write: (text) => Deno.stderr.writeSync(encoder.encode(text)),
    isTerminal: Deno.stderr.isTerminal(),
  });
}

function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}
