import { dirname, join } from "node:path";
import { z } from "zod";
import {
  CATALOGUE,
  type CatalogueModel,
  DEFAULT_HUB_URL,
  type FileRole,
  type FileSource,
} from "./catalogue.ts";
import { assertSpace, bytesOnDisk } from "./disk_space.ts";
import { download, type DownloadOptions, hashOf } from "./download.ts";
import { UnknownModelError } from "./errors.ts";
import { lockFile } from "./file_lock.ts";
import { removeAll } from "./paths.ts";

/** What was installed, as it is kept beside the files. */
const manifestSchema = z.object({
  name: z.string(),
  files: z.array(z.object({
    path: z.string(),
    /** As in `owner/name@revision`, or an address. */
    source: z.string(),
    sizeBytes: z.int(),
    sha256: z.string(),
    /** Who knew the hash before the file came; if nobody did, it says only what came. */
    hashFrom: z.enum(["catalogue", "hub", "nobody"]),
    role: z.string().optional(),
  })),
});
export type InstalledModel = z.infer<typeof manifestSchema>;
type InstalledFile = InstalledModel["files"][number];

/** How a model is pulled. */
export interface PullOptions extends Omit<DownloadOptions, "sha256" | "onProgress"> {
  /** @default {@linkcode DEFAULT_HUB_URL} */
  readonly hubUrl?: string | undefined;
  /** Sent to the hub only. */
  readonly token?: string | undefined;
  /** Told of every file how much of it has come. */
  readonly onProgress?: (path: string, doneBytes: number, totalBytes: number) => void;
}

const MANIFEST = "installed.json";

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
   * Downloads and installs a model: it is there as a whole or not at all, whatever happens. What is
   * installed already is only read through.
   *
   * @throws {UnknownModelError} if the catalogue has no such model
   * @throws {ModelLockedError} if another process is pulling or removing it
   * @throws {DiskSpaceError} before anything is downloaded
   * @throws what {@linkcode download} throws
   */
  async pull(name: string, options: PullOptions = {}): Promise<InstalledModel> {
    const model = this.#find(name);
    using _lock = await this.#lock(name);
    const former = await this.#manifestOf(name);
    if (former !== null && isOf(former, model) && (await this.verify(name)).length === 0) {
      return former;
    }
    const stagingPath = this.#workPath(name);
    await Deno.mkdir(stagingPath, { recursive: true });
    const totalBytes = model.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await assertSpace(stagingPath, totalBytes - await bytesOnDisk(stagingPath));
    const installed = { name, files: await downloadFiles(model, stagingPath, options) };
    const manifest = JSON.stringify(installed, null, 2);
    await Deno.writeTextFile(join(stagingPath, MANIFEST), `${manifest}\n`);
    await this.#discard(name);
    await Deno.rename(stagingPath, join(this.directory, name));
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
    this.#find(name);
    const manifest = await this.#manifestOf(name);
    if (manifest === null) throw notInstalled(name);
    const problems: string[] = [];
    for (const { path, sha256 } of manifest.files) {
      try {
        const found = await hashOf(join(this.directory, name, path));
        if (found !== sha256) problems.push(`${path} was changed`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        problems.push(`${path} is missing`);
      }
    }
    return problems;
  }

  /**
   * Removes a model, and what an interrupted pull of it has left.
   *
   * @throws {UnknownModelError} if the catalogue has no such model, or there is nothing of it
   * @throws {ModelLockedError} if another process is pulling or removing it
   */
  async remove(name: string): Promise<void> {
    this.#find(name);
    using _lock = await this.#lock(name);
    const isInstalled = await this.#discard(name);
    if (!await removeAll(this.#workPath(name)) && !isInstalled) throw notInstalled(name);
  }

  /**
   * The installed files of the first model of the catalogue that has one for `role`, by role.
   *
   * @returns null if no such model is installed
   */
  async filesFor(role: FileRole): Promise<Partial<Record<FileRole, string>> | null> {
    // As they were installed: a newer catalogue may know other files.
    for (const { name, files } of await this.installed()) {
      if (!files.some((file) => file.role === role)) continue;
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

  async #manifestOf(name: string): Promise<InstalledModel | null> {
    try {
      const text = await Deno.readTextFile(join(this.directory, name, MANIFEST));
      return manifestSchema.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  /** A place on the same disk, where what is half there can't be taken for a model. */
  #workPath(name: string): string {
    return join(this.directory, ".pulling", name);
  }

  async #lock(name: string): Promise<Disposable> {
    await Deno.mkdir(dirname(this.#workPath(name)), { recursive: true });
    return await lockFile(`${this.#workPath(name)}.lock`, name);
  }

  /**
   * Takes an installed model away: out of its place at once, and then off the disk.
   *
   * @returns whether there was one
   */
  async #discard(name: string): Promise<boolean> {
    const discardedPath = `${this.#workPath(name)}.removed`;
    await removeAll(discardedPath);
    try {
      await Deno.rename(join(this.directory, name), discardedPath);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
    return await removeAll(discardedPath);
  }
}

async function downloadFiles(
  model: CatalogueModel,
  folder: string,
  { hubUrl = DEFAULT_HUB_URL, token, onProgress, ...options }: PullOptions,
): Promise<InstalledFile[]> {
  const files: InstalledFile[] = [];
  for (const { source, path, sha256, role } of model.files) {
    const target = join(folder, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    const file = await download(urlOf(source, path, hubUrl), target, {
      ...options,
      sha256,
      token: "url" in source ? undefined : token,
      onProgress: (doneBytes, totalBytes) => onProgress?.(path, doneBytes, totalBytes),
    });
    files.push({
      path,
      source: nameOf(source),
      sizeBytes: file.sizeBytes,
      sha256: file.sha256,
      hashFrom: sha256 !== undefined ? "catalogue" : file.isVerified ? "hub" : "nobody",
      ...(role === undefined ? {} : { role }),
    });
  }
  return files;
}

/** Whether what is installed is what the catalogue has today. */
function isOf({ files }: InstalledModel, model: CatalogueModel): boolean {
  return model.files.length === files.length && model.files.every((wanted, i) => {
    const { path, source, sha256, role } = files[i]!;
    return path === wanted.path && source === nameOf(wanted.source) && role === wanted.role &&
      sha256 === (wanted.sha256 ?? sha256);
  });
}

function nameOf(source: FileSource): string {
  return "url" in source ? source.url : `${source.repository}@${source.revision}`;
}

function urlOf(source: FileSource, path: string, hubUrl: string): URL {
  if ("url" in source) return new URL(source.url);
  const { repository, revision } = source;
  return new URL(`${hubUrl.replace(/\/+$/, "")}/${repository}/resolve/${revision}/${path}`);
}

function notInstalled(name: string): UnknownModelError {
  return new UnknownModelError(`${name} is not installed`, {
    hint: `install it with \`collider models pull ${name}\``,
  });
}
