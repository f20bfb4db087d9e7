import { basename } from "node:path";
import { Argument, Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { CATALOGUE, type CatalogueModel, DEFAULT_HUB_URL } from "../models/catalogue/catalogue.ts";
import type { InstalledModel, ModelStore } from "../models/catalogue/model_store.ts";
import { configOption, dataDirectoryOption, modelsDirectory } from "./data_directory.ts";
import { EXIT } from "./exit_codes.ts";
import { ProgressBar } from "./progress_bar.ts";
import { print, writeNote } from "./terminal.ts";
import { httpUrl } from "./values.ts";

/**
 * `collider models`: what can be installed, and what is.
 *
 * @param catalogue other models than those that the gateway knows; for tests
 */
export function modelsCommand(
  catalogue: readonly CatalogueModel[] = CATALOGUE,
): CommandUnknownOpts {
  return new Command("models")
    .description("install the models that run in the gateway")
    .addCommand(listCommand(catalogue))
    .addCommand(pullCommand(catalogue))
    .addCommand(verifyCommand(catalogue))
    .addCommand(removeCommand(catalogue)) as unknown as CommandUnknownOpts;
}

function listCommand(catalogue: readonly CatalogueModel[]) {
  return new Command("list")
    .description("list the models that can be installed")
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .action(async ({ dataDir }) => {
      const store = await storeIn(dataDir, catalogue);
      const models = await store.installed();
      const installed = new Set(models.map(({ name }) => name));
      for (const { name, about, licence, files } of catalogue) {
        const megabytes = Math.ceil(files.reduce((sum, file) => sum + file.sizeBytes, 0) / 1e6);
        const mark = installed.has(name) ? "installed" : "";
        print(
          `${name.padEnd(18)} ${String(megabytes).padStart(5)} MB  ${mark.padEnd(9)}  ` +
            `${about} (${licence})`,
        );
      }
    });
}

function pullCommand(catalogue: readonly CatalogueModel[]) {
  return new Command("pull")
    .description("download and install models")
    .addArgument(
      new Argument("<name...>", "names of models; see `collider models list`")
        .choices(namesOf(catalogue)),
    )
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .addOption(
      new Option("--hub-url <url>", "where to pull from: the hub or a mirror of it")
        .default(DEFAULT_HUB_URL).argParser(httpUrl),
    )
    .addOption(
      new Option(
        "--hub-token <token>",
        "for models that need one; sent to the hub and nobody else",
      ),
    )
    .addHelpText("after", PULL_HELP)
    .action(async (names, { dataDir, hubUrl, hubToken }) => {
      const store = await storeIn(dataDir, catalogue);
      for (const name of names) {
        using progress = new PullProgress();
        const installed = await store.pull(name, {
          hubUrl,
          token: hubToken,
          onProgress: (...event) => progress.update(...event),
        });
        print(`${name} is installed in ${store.directory}; ${whoKnewHashes(installed)}`);
      }
    });
}

function verifyCommand(catalogue: readonly CatalogueModel[]) {
  return new Command("verify")
    .description("compare installed models with what was downloaded")
    .addArgument(
      new Argument("[name...]", "names of models; all that are installed if none is given")
        .choices(namesOf(catalogue)),
    )
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .action(async (names, { dataDir }) => {
      const store = await storeIn(dataDir, catalogue);
      const installed = (await store.installed()).map(({ name }) => name);
      if (names.length === 0 && installed.length === 0) print("no model is installed");
      let isWhole = true;
      for (const name of names.length > 0 ? names : installed) {
        const problems = await store.verify(name);
        isWhole &&= problems.length === 0;
        print(
          problems.length === 0
            ? `${name}: as it was installed`
            : `${name}: ${problems.join(", ")}; run \`collider models pull ${name}\``,
        );
      }
      if (!isWhole) Deno.exit(EXIT.failure);
    });
}

function removeCommand(catalogue: readonly CatalogueModel[]) {
  return new Command("remove")
    .description("remove installed models, and what interrupted pulls have left")
    .addArgument(new Argument("<name...>", "names of models").choices(namesOf(catalogue)))
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .action(async (names, { dataDir }) => {
      const store = await storeIn(dataDir, catalogue);
      for (const name of names) {
        await store.remove(name);
        print(`${name} is removed`);
      }
    });
}

/** A progress bar for each file that comes, one after the other. */
class PullProgress implements Disposable {
  #path: string | null = null;
  #bar: ProgressBar | null = null;

  update(path: string, doneBytes: number, totalBytes: number): void {
    if (path !== this.#path) {
      this.#bar?.close();
      this.#bar = new ProgressBar({
        label: basename(path),
        write: writeNote,
        columns: Deno.stderr.isTerminal() ? Deno.consoleSize().columns : null,
      });
      this.#path = path;
    }
    this.#bar?.update(doneBytes, totalBytes, performance.now());
  }

  [Symbol.dispose](): void {
    this.#bar?.close();
  }
}

/** Says what the hashes of a model's files are worth. */
function whoKnewHashes({ files }: InstalledModel): string {
  const sources = new Set(files.map(({ hashFrom }) => hashFrom));
  if (sources.has("nobody")) return "not all of its hashes were known beforehand";
  return sources.has("hub")
    ? "its hashes are those that the hub told"
    : "its hashes are those of the catalogue";
}

async function storeIn(
  dataDirectory: string,
  catalogue: readonly CatalogueModel[],
): Promise<ModelStore> {
  const { ModelStore } = await import("../models/catalogue/model_store.ts");
  return new ModelStore(modelsDirectory(dataDirectory), catalogue);
}

function namesOf(catalogue: readonly CatalogueModel[]): string[] {
  return catalogue.map(({ name }) => name);
}

const PULL_HELP = `
--hub-url and --hub-token are also HF_ENDPOINT and HF_TOKEN: what is in a variable does not show in
the list of processes.

Example:
  collider models pull bge-m3 gliner-multi-v2.1 pp-ocrv5`;
