import { basename } from "node:path";
import { ModelLockedError } from "./errors.ts";

/**
 * Locks the file at `path`, which is made if need be and stays: to remove it would let in two.
 *
 * @param what is being installed under the lock
 * @returns the lock, held until it is disposed of or the process ends
 * @throws {ModelLockedError} if somebody else holds it
 */
export async function lockFile(path: string, what: string): Promise<Disposable> {
  const file = await Deno.open(path, { create: true, write: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new ModelLockedError(`${what} is being installed by another process`, {
    hint: `wait for it, or end the process that holds ${basename(path)}`,
  });
}
