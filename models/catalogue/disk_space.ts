import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { DiskSpaceError } from "./errors.ts";

/** What a disk must have left when a model is installed. */
const SPARE_BYTES = 64 << 20;

/** @throws {DiskSpaceError} if the disk under `directory` can't take so many bytes more */
export async function assertSpace(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes + SPARE_BYTES) return;
  const [needed, free] = [neededBytes + SPARE_BYTES, freeBytes].map((bytes) =>
    Math.ceil(bytes / 1e6)
  );
  throw new DiskSpaceError(`${directory} needs ${needed} MB more and has ${free} MB`, {
    hint: "make room, or choose another folder with --data-dir",
  });
}

/** What a file, or all that is in a folder, takes up on the disk; 0 if it is not there. */
export async function bytesOnDisk(path: string): Promise<number> {
  try {
    const { isDirectory, blocks, size } = await Deno.stat(path);
    // A download leaves holes where parts have not come: its size is no measure.
    if (!isDirectory) return blocks === null ? size : blocks * 512;
    let bytes = 0;
    for await (const { name } of Deno.readDir(path)) bytes += await bytesOnDisk(join(path, name));
    return bytes;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
