import { basename, join } from "node:path";
import type { FileRole } from "./catalogue.ts";
import { ModelMissingError } from "./errors.ts";
import { lockFile } from "./file_lock.ts";
import type { ModelStore } from "./model_store.ts";
import { exists } from "./paths.ts";

/** Paths or https addresses that the operator has configured, by what the file is for. */
export type ConfiguredFiles = Readonly<Partial<Record<FileRole, string | undefined>>>;

/** Weights, and what works with no others: to mix them with those of another model gives nonsense. */
const INSEPARABLE: readonly (readonly FileRole[])[] = [
  ["embedding-model", "tokenizer-model"],
  ["gliner-model", "gliner-tokenizer", "gliner-config"],
  ["ocr-rec-model", "ocr-dictionary"],
];

/**
 * The files of one model: each that was configured, else the installed one.
 *
 * @param roles what the model needs, its weights first
 * @returns null if none of it is configured, and no such model is installed
 * @throws {ModelMissingError} if a configured file, or what belongs to it, is not there
 * @throws {ModelLockedError} if another process is downloading from the same address
 * @throws what {@linkcode download} throws
 */
export async function modelFiles<Role extends FileRole>(
  store: ModelStore,
  configured: ConfiguredFiles,
  roles: readonly Role[],
): Promise<Record<Role, string> | null> {
  assertTogether(configured);
  const installed = await store.filesFor(roles[0]!);
  const isConfigured = roles.some((role) => configured[role] !== undefined);
  if (!isConfigured && installed === null) return null;
  const paths: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    const given = configured[role];
    const path = given === undefined ? installed?.[role] : await localPath(store, role, given);
    if (path === undefined) {
      throw new ModelMissingError(`there is no ${role} for the model that is configured`, {
        hint: `give it with --${role}, or run \`collider models pull ${store.defaultFor(role)}\``,
      });
    }
    paths[role] = path;
  }
  return paths as Record<Role, string>;
}

function assertTogether(configured: ConfiguredFiles): void {
  for (const group of INSEPARABLE) {
    const given = group.find((role) => configured[role] !== undefined);
    const missing = group.find((role) => configured[role] === undefined);
    if (given === undefined || missing === undefined) continue;
    throw new ModelMissingError(`--${given} is given without --${missing}`, {
      hint: `give the file that belongs to it with --${missing}`,
    });
  }
}

async function localPath(store: ModelStore, role: FileRole, given: string): Promise<string> {
  if (/^https?:\/\//.test(given)) return await downloaded(store, addressOf(role, given));
  if (await exists(given)) return given;
  throw new ModelMissingError(`the file of --${role}, ${given}, is not there`, {
    hint: `correct it, or run \`collider models pull ${store.defaultFor(role)}\` and leave it out`,
  });
}

/** Weights run with the gateway's rights: they come encrypted, or from this machine. */
function addressOf(role: FileRole, given: string): URL {
  const url = new URL(given);
  if (url.protocol === "https:" || url.hostname === "127.0.0.1") return url;
  throw new ModelMissingError(`the address of --${role}, ${given}, is not encrypted`, {
    hint: "give an address that begins with https://",
  });
}

/** The file of an address, downloaded the first time it is asked for. */
async function downloaded(store: ModelStore, url: URL): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(url.href));
  const folder = join(store.directory, "by-url", new Uint8Array(digest).toHex().slice(0, 16));
  const path = join(folder, basename(url.pathname) || "model");
  if (await exists(path)) return path;
  await Deno.mkdir(folder, { recursive: true });
  using _lock = await lockFile(join(folder, "lock"), url.href);
  if (!await exists(path)) {
    // Loaded for addresses only: it would slow down every command that has flags of models.
    const { download } = await import("./download.ts");
    await download(url, path);
  }
  return path;
}
