import { basename } from "node:path";
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { CATALOGUE, type CatalogueModel } from "../models/catalogue/catalogue.ts";
import {
  DEFAULT_HUB_URL,
  type InstalledModel,
  ModelStore,
} from "../models/catalogue/model_store.ts";
import { dataDirectoryOption, modelsDirectory } from "./data_directory.ts";
import { ProgressBar } from "./progress_bar.ts";

const encoder = new TextEncoder();

/**
 * `collider models`: what can be installed, and what is.
 *
 * @param catalogue other models than those that the gateway knows; for tests
 */
export function modelsCommand(catalogue: readonly CatalogueModel[] = CATALOGUE): Command {
  return new Command("models")
    .description("install the models that run in the gateway")
    .addCommand(listCommand(catalogue))
    .addCommand(pullCommand(catalogue))
    .addCommand(verifyCommand(catalogue))
    .addCommand(removeCommand(catalogue)) as unknown as Command;
}

function listCommand(catalogue: readonly CatalogueModel[]) {
  return new Command("list")
    .description("list the models that can be installed")
    .addOption(dataDirectoryOption())
    .action(async ({ dataDir }) => {
      const models = await storeIn(dataDir, catalogue).installed();
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
    .argument("<name...>", "names of models; see `collider models list`")
    .addOption(dataDirectoryOption())
    .addOption(
      new Option("--hub-url <url>", "where to pull from: the hub or a mirror of it")
        .default(DEFAULT_HUB_URL).argParser(httpUrl).env("HF_ENDPOINT"),
    )
    .addHelpText("after", "\nHF_TOKEN is sent to the hub, and to nobody else.")
    .action(async (names, { dataDir, hubUrl }) => {
      const store = storeIn(dataDir, catalogue);
      for (const name of names) {
        using progress = new PullProgress();
        const installed = await store.pull(name, {
          hubUrl,
          token: Deno.env.get("HF_TOKEN") || undefined,
          onProgress: (...event) => progress.update(...event),
        });
        print(`${name} is installed in ${store.directory}; ${whoKnewHashes(installed)}`);
      }
    });
}

function verifyCommand(catalogue: readonly CatalogueModel[]) {
  return new Command("verify")
    .description("compare installed models with what was downloaded")
    .argument("[name...]", "names of models; all that are installed if none is given")
    .addOption(dataDirectoryOption())
    .action(async (names, { dataDir }) => {
      const store = storeIn(dataDir, catalogue);
      const installed = (await store.installed()).map(({ name }) => name);
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
      if (!isWhole) Deno.exit(1);
    });
}

function removeCommand(catalogue: readonly CatalogueModel[]) {
  return new Command("remove")
    .description("remove installed models, and what interrupted pulls have left")
    .argument("<name...>", "names of models")
    .addOption(dataDirectoryOption())
    .action(async (names, { dataDir }) => {
      const store = storeIn(dataDir, catalogue);
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
        write: (text) => Deno.stderr.writeSync(encoder.encode(text)),
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

function storeIn(dataDirectory: string, catalogue: readonly CatalogueModel[]): ModelStore {
  return new ModelStore(modelsDirectory(dataDirectory), catalogue);
}

function httpUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be an address that begins with https://.");
}

function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}
