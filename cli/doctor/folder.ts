import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** What a folder, or where it would be made, allows. */
export interface FolderState {
  /** Whether it is there. */
  readonly exists: boolean;
  /** The folder, or the nearest one above it that is there. */
  readonly path: string;
  readonly isWritable: boolean;
  /** Free for this user, bytes. */
  readonly freeBytes: number;
}

/** Looks at a folder without changing anything. */
export async function inspectFolder(path: string): Promise<FolderState> {
  let nearest = path;
  while (!await isFolder(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const { bavail, bsize } = await statfs(nearest);
  return {
    exists: nearest === path,
    path: nearest,
    isWritable: await isWritable(nearest),
    freeBytes: bavail * bsize,
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
