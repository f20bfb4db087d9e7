import { join, resolve } from "node:path";
import { DatabaseLockedError } from "../../gateway/store/errors.ts";
import { inspectDatabase } from "../../gateway/store/inspect_database.ts";
import { bytes, plural } from "../../tui/text/format.ts";
import { broken, brokenBy, type Finding, ok, warning } from "./finding.ts";
import { inspectFolder } from "./folder.ts";

/** Below this the disk fills up soon. */
const FREE_BYTES_MIN = 1e9;

/** Whether the data directory can be written, and has room. */
export async function checkDataDirectory(dataDirectory: string): Promise<Finding> {
  const name = "data directory";
  const { exists, path, isWritable, freeBytes } = await inspectFolder(resolve(dataDirectory));
  if (!isWritable) {
    const hint = "allow it to be written, or choose another one with --data-dir";
    return broken(name, `${path} can't be written`, hint);
  }
  const free = `${bytes(freeBytes)} free`;
  if (freeBytes < FREE_BYTES_MIN) {
    return warning(name, `${path} has only ${free}`, "make room, or choose another --data-dir");
  }
  return ok(name, `${dataDirectory} ${exists ? "has" : "will be made, with"} ${free}`);
}

/**
 * Whether the database can be opened and is of a known version.
 *
 * @param isGatewayRunning whether a gateway runs with these settings, which then has it open
 */
export async function checkDatabase(
  { dbPath, dataDir }: { readonly dbPath?: string | undefined; readonly dataDir: string },
  isGatewayRunning: boolean,
): Promise<Finding> {
  const name = "database";
  const path = dbPath ?? join(dataDir, "collider.db");
  if (path === ":memory:") {
    return warning(name, "events are lost when the gateway ends", "give a file with --db-path");
  }
  try {
    await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return brokenBy(name, error, "choose another file with --db-path");
    }
    const { path: folder, isWritable } = await inspectFolder(resolve(path, ".."));
    return isWritable
      ? ok(name, `${path} will be made`)
      : broken(name, `${folder} can't be written`, "choose another file with --db-path");
  }
  try {
    const { events, schemaVersion } = await inspectDatabase(path);
    return ok(name, `${path} holds ${plural(events, "event")}, schema version ${schemaVersion}`);
  } catch (error) {
    if (error instanceof DatabaseLockedError && isGatewayRunning) {
      return ok(name, `${path} is in use by the gateway`);
    }
    return brokenBy(name, error, "choose another file with --db-path");
  }
}
