import { dirname, join } from "node:path";

const LOCK_FILE = "libraries.lock";
const FOLDER_PREFIX = "libraries-";
const OTHERS_MAY_WRITE = 0o022;
const MOVES_MAX = 3;

/** The native libraries inside an executable. */
export interface EmbeddedLibraries {
  /** Folder they are in. */
  readonly source: string;
  /** Hash of their names and contents, in letters and digits. */
  readonly digest: string;
  /** The first should be a small one: it is loaded to try whether a place allows that. */
  readonly files: readonly EmbeddedFile[];
}

/** One of them, or what it needs beside it. */
export interface EmbeddedFile {
  /** Relative to the folder, `/` between names. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** There is no place to which the native libraries can be extracted. */
export class LibraryExtractionError extends Error {
  /** What the operator can do about it. */
  readonly hint: string;

  constructor(message: string, { hint, ...options }: ErrorOptions & { hint: string }) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

// Held until the process ends: whoever holds none of the locks of a place may tidy up there.
const heldLocks = new Map<string, Deno.FsFile>();

/**
 * Makes sure that the libraries lie in a folder of their own in one of the places, the first that
 * is ours alone, takes them and lets them be loaded. The folder's name holds their digest, so that
 * versions lie beside each other; what other versions or an interrupted extraction left is removed
 * when no process uses the place. Any number of processes may do this at once.
 *
 * @param places folders, made if need be; the best one first
 * @returns the folder
 * @throws {LibraryExtractionError} if none of the places will do
 */
export function extractLibraries(libraries: EmbeddedLibraries, places: readonly string[]): string {
  const reasons: string[] = [];
  for (const place of places) {
    try {
      return extractTo(place, libraries);
    } catch (error) {
      reasons.push(`${place}: ${(error as Error).message}`);
    }
  }
  throw new LibraryExtractionError(
    `the native libraries can't be put anywhere:\n  ${reasons.join("\n  ")}`,
    {
      hint: "name a folder in XDG_CACHE_HOME (LOCALAPPDATA on Windows) that is yours, can be " +
        "written and is not mounted noexec",
    },
  );
}

function extractTo(place: string, libraries: EmbeddedLibraries): string {
  makePrivate(place);
  const folder = join(place, FOLDER_PREFIX + libraries.digest);
  if (!heldLocks.has(place)) heldLocks.set(place, lockPlace(place, folder));
  if (!isComplete(folder, libraries)) {
    const unfinished = `${folder}.${crypto.randomUUID()}`;
    try {
      copyTo(unfinished, libraries);
      moveInto(folder, unfinished, libraries);
    } finally {
      removeAll(unfinished);
    }
  }
  tryLoading(join(folder, libraries.files[0]!.path));
  return folder;
}

/** Whoever can write to a folder decides which code is loaded from it. */
function makePrivate(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const info = ownInfo(folder);
  if (!info.isDirectory) throw new Error("it is not a folder");
  if (mayOthersWrite(info)) throw new Error("others may write to it");
}

/** @throws {Error} if it belongs to somebody else */
function ownInfo(path: string): Deno.FileInfo {
  const info = Deno.lstatSync(path);
  if (info.uid !== null && info.uid !== Deno.uid()) throw new Error("it is another user's");
  return info;
}

/** Windows has no modes; there a user's folders are closed to others. */
function mayOthersWrite({ uid, mode }: Deno.FileInfo): boolean {
  return uid !== null && ((mode ?? 0) & OTHERS_MAY_WRITE) !== 0;
}

/** Tidies up if nobody else is there, and says that this process is. */
function lockPlace(place: string, folder: string): Deno.FsFile {
  const lock = Deno.openSync(join(place, LOCK_FILE), { create: true, write: true, mode: 0o600 });
  try {
    if (lock.tryLockSync(true)) {
      for (const { name } of Deno.readDirSync(place)) {
        const path = join(place, name);
        if (name.startsWith(FOLDER_PREFIX) && path !== folder) removeAll(path);
      }
    }
    lock.lockSync(false);
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Whether everything is there. Sizes tell: a crash of the machine leaves files short. */
function isComplete(folder: string, { files }: EmbeddedLibraries): boolean {
  try {
    const info = ownInfo(folder);
    if (!info.isDirectory || mayOthersWrite(info)) return false;
    return files.every(({ path, sizeBytes }) => {
      const { isFile, size } = ownInfo(join(folder, path));
      return isFile && size === sizeBytes;
    });
  } catch {
    return false;
  }
}

function copyTo(folder: string, { source, files }: EmbeddedLibraries): void {
  Deno.mkdirSync(folder, { mode: 0o700 });
  for (const [i, { path }] of files.entries()) {
    const target = join(folder, path);
    Deno.mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    Deno.copyFileSync(join(source, path), target);
    if (i === 0) tryLoading(target); // before the large ones are copied in vain
  }
}

/** A rename, so that nobody ever loads half a library. */
function moveInto(folder: string, finished: string, libraries: EmbeddedLibraries): void {
  for (let attempt = 1;; attempt++) {
    try {
      Deno.renameSync(finished, folder);
      return;
    } catch (error) {
      if (isComplete(folder, libraries)) return; // another process was faster
      if (attempt === MOVES_MAX) throw error;
      moveAside(folder);
    }
  }
}

/** Removes what is damaged or not ours, at once for those who look there meanwhile. */
function moveAside(folder: string): void {
  const aside = `${folder}.${crypto.randomUUID()}`;
  try {
    Deno.renameSync(folder, aside);
  } catch {
    return; // the next attempt tells why
  }
  removeAll(aside);
}

/** @throws {Error} where the file system is mounted noexec, for instance */
function tryLoading(library: string): void {
  Deno.dlopen(library, {}).close();
}

function removeAll(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Gone already, or in use on Windows: then the next one to tidy up tries again.
  }
}
