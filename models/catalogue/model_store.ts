import { statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { CATALOGUE, type CatalogueModel, type FileRole } from "./catalogue.ts";
import { download, hashOf } from "./download.ts";
import { DiskSpaceError, ModelLockedError, UnknownModelError } from "./errors.ts";

/** Where models are pulled from when nothing else is said. */
export const DEFAULT_HUB_URL = "https://huggingface.co";

/** What was installed, as it is kept beside the files. */
const manifestSchema = z.object({
  name: z.string(),
  repository: z.string(),
  revision: z.string(),
  files: z.array(z.object({ path: z.string(), sizeBytes: z.int(), sha256: z.string() })),
});
export type InstalledModel = z.infer<typeof manifestSchema>;

/** How a model is pulled. */
export interface PullOptions {
  /** @default {@linkcode DEFAULT_HUB_URL} */
  readonly hubUrl?: string | undefined;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every file how much of it has come. */
  readonly onProgress?: (path: string, doneBytes: number, totalBytes: number) => void;
  /** See `DownloadOptions`. */
  readonly partBytes?: number;
  readonly backoffMs?: number;
}

const MANIFEST = "installed.json";
/** What the disk must have left when a model is installed. */
const SPARE_BYTES = 64 << 20;

/** The models that are installed, each in a folder of its own under one directory. */
export class ModelStore {
  readonly directory: string;
  readonly #catalogue: readonly CatalogueModel[];

  /** @param catalogue other models than those that the gateway knows; for tests */
  constructor(directory: string, catalogue: readonly CatalogueModel[] = CATALOGUE) {
    this.directory = directory;
    this.#catalogue = catalogue;
  }

  /**
   * Downloads and installs a model: it is there as a whole or not at all, whatever happens.
   *
   * @throws {UnknownModelError} if the catalogue has no such model
   * @throws {ModelLockedError} if another process is pulling it
   * @throws {DiskSpaceError} before anything is downloaded
   * @throws {DownloadError | ChecksumError} see `download`
   */
  async pull(name: string, options: PullOptions = {}): Promise<InstalledModel> {
    const model = this.#find(name);
    const stagingPath = join(this.directory, ".pulling", model.name);
    await Deno.mkdir(stagingPath, { recursive: true });
    using _lock = await lock(join(this.directory, ".pulling", `${model.name}.lock`), model.name);
    await this.#assertSpace(model, stagingPath);
    const files: InstalledModel["files"] = [];
    for (const { path, sha256 } of model.files) {
      const target = join(stagingPath, path);
      await Deno.mkdir(dirname(target), { recursive: true });
      const url = urlOf(model, path, options.hubUrl ?? DEFAULT_HUB_URL);
      const kept = await keptFile(target);
      const { onProgress, ...rest } = options;
      const file = kept ?? await download(url, target, {
        ...rest,
        sha256,
        onProgress: (doneBytes, totalBytes) => onProgress?.(path, doneBytes, totalBytes),
      });
      files.push({ path, ...file });
    }
    const { repository, revision } = model;
    const installed: InstalledModel = { name: model.name, repository, revision, files };
    const manifest = JSON.stringify(installed, null, 2);
    await Deno.writeTextFile(join(stagingPath, MANIFEST), `${manifest}\n`);
    const finalPath = join(this.directory, model.name);
    await Deno.remove(finalPath, { recursive: true }).catch(() => {});
    await Deno.rename(stagingPath, finalPath);
    return installed;
  }

  /** The models that are installed. */
  async installed(): Promise<InstalledModel[]> {
    const models = await Promise.all(this.#catalogue.map(({ name }) => this.#manifestOf(name)));
    return models.filter((model) => model !== null);
  }

  /**
   * Reads an installed model's files and compares them with what was installed.
   *
   * @returns what is wrong, in words; nothing if all is well
   * @throws {UnknownModelError} if the catalogue has no such model, or it is not installed
   */
  async verify(name: string): Promise<string[]> {
    const manifest = await this.#requireInstalled(name);
    const problems: string[] = [];
    for (const { path, sha256 } of manifest.files) {
      try {
        const found = await hashOf(join(this.directory, name, path));
        if (found !== sha256) problems.push(`${path} was changed`);
      } catch {
        problems.push(`${path} is missing`);
      }
    }
    return problems;
  }

  /** @throws {UnknownModelError} if it is not installed */
  async remove(name: string): Promise<void> {
    await this.#requireInstalled(name);
    await Deno.remove(join(this.directory, name), { recursive: true });
  }

  /**
   * The installed files of the first model of the catalogue that has one for `role`, by role.
   *
   * @returns null if no such model is installed
   */
  async filesFor(role: FileRole): Promise<Partial<Record<FileRole, string>> | null> {
    for (const { name, files } of this.#catalogue) {
      if (!files.some((file) => file.role === role)) continue;
      if (await this.#manifestOf(name) === null) continue;
      const paths = files.flatMap((file) =>
        file.role === undefined ? [] : [[file.role, join(this.directory, name, file.path)]]
      );
      return Object.fromEntries(paths);
    }
    return null;
  }

  /** The name of the model to pull for a role. */
  defaultFor(role: FileRole): string {
    return this.#catalogue.find(({ files }) => files.some((file) => file.role === role))!.name;
  }

  #find(name: string): CatalogueModel {
    const model = this.#catalogue.find((candidate) => candidate.name === name);
    if (model !== undefined) return model;
    throw new UnknownModelError(`there is no model ${name}`, {
      hint: `choose one of ${this.#catalogue.map((candidate) => candidate.name).join(", ")}`,
    });
  }

  async #requireInstalled(name: string): Promise<InstalledModel> {
    const manifest = await this.#manifestOf(this.#find(name).name);
    if (manifest !== null) return manifest;
    throw new UnknownModelError(`${name} is not installed`, {
      hint: `install it with \`collider models pull ${name}\``,
    });
  }

  async #manifestOf(name: string): Promise<InstalledModel | null> {
    try {
      const text = await Deno.readTextFile(join(this.directory, name, MANIFEST));
      return manifestSchema.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  async #assertSpace(model: CatalogueModel, stagingPath: string): Promise<void> {
    const { bavail, bsize } = await statfs(stagingPath);
    const neededBytes = model.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, SPARE_BYTES);
    const hereBytes = await bytesBelow(stagingPath);
    if (bavail * bsize + hereBytes >= neededBytes) return;
    throw new DiskSpaceError(
      `${model.name} needs ${
        Math.ceil(neededBytes / 1e6)
      } MB in ${this.directory}, and there are ` +
        `${Math.floor(bavail * bsize / 1e6)}`,
      { hint: "make room, or choose another folder with --data-dir" },
    );
  }
}

function urlOf({ repository, revision }: CatalogueModel, path: string, hubUrl: string): URL {
  return new URL(`${hubUrl.replace(/\/+$/, "")}/${repository}/resolve/${revision}/${path}`);
}

/** A file that an earlier attempt has finished. */
async function keptFile(path: string): Promise<{ sizeBytes: number; sha256: string } | null> {
  try {
    const { size } = await Deno.stat(path);
    return { sizeBytes: size, sha256: await hashOf(path) };
  } catch {
    return null;
  }
}

async function bytesBelow(path: string): Promise<number> {
  let bytes = 0;
  for await (const entry of Deno.readDir(path)) {
    const child = join(path, entry.name);
    bytes += entry.isDirectory ? await bytesBelow(child) : (await Deno.stat(child)).size;
  }
  return bytes;
}

/** Held until it is disposed of, or the process ends. */
async function lock(path: string, name: string): Promise<Disposable> {
  const file = await Deno.open(path, { create: true, write: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new ModelLockedError(`${name} is being pulled by another process`, {
    hint: `wait for it, or end the process that holds ${basename(path)}`,
  });
}
