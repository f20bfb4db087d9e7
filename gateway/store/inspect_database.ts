import { DuckDBInstance } from "@duckdb/node-api";
import { describeOpenFailure } from "./database.ts";
import { DatabaseOpenError } from "./errors.ts";
import { schemaVersion } from "./migrations.ts";

/** What is known of a database file. */
export interface DatabaseInspection {
  readonly schemaVersion: number;
  /** Events in it. */
  readonly events: number;
}

/** DuckDB needs little to count. */
const MEMORY_MIB = 64;

/**
 * Looks into a database file that nobody has open, and leaves it as it is.
 *
 * @throws {DatabaseLockedError} if another process has it open
 * @throws {DatabaseTooNewError} if a newer program has written it
 * @throws {DatabaseOpenError} if it is no database of this program, or can't be read
 */
export async function inspectDatabase(path: string): Promise<DatabaseInspection> {
  let instance: DuckDBInstance | undefined;
  try {
    instance = await DuckDBInstance.create(path, {
      access_mode: "READ_ONLY",
      memory_limit: `${MEMORY_MIB}MiB`,
      threads: "1",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connection = await instance.connect();
    const version = await schemaVersion(connection);
    const reader = await connection.runAndReadAll("SELECT count(*) FROM events");
    connection.closeSync();
    return { schemaVersion: version, events: Number(reader.value(0, 0)) };
  } catch (cause) {
    throw cause instanceof DatabaseOpenError ? cause : describeOpenFailure(path, cause);
  } finally {
    instance?.closeSync();
  }
}
