import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { DatabaseLockedError, DatabaseOpenError, StoreUnavailableError } from "./errors.ts";
import { migrate } from "./migrations.ts";
import { ResourceLimits, type Resources } from "./resource_limits.ts";
import { UnfoldedRows } from "./unfolded_rows.ts";

/** How the database is opened. */
export interface DatabaseOptions {
  /** Path of the database file, or `:memory:`. */
  readonly path: string;
  /** Size of the largest event that may come in, MB. @default 16 */
  readonly largestEventMb?: number;
  /** What DuckDB may hold in memory while there are queries, or large events come in, MiB. @default 1024 */
  readonly queryMemoryMiB?: number;
}

/** What DuckDB may hold in memory otherwise, MiB. */
const MEMORY_MIN_MIB = 96;
/** Storing an event takes a multiple of its size in memory. */
const MEMORY_PER_EVENT = 6;

/** DuckDB folds a write-ahead log of this size by itself: one that is not folded as it should be. */
const CHECKPOINT_MIB = 64;
/** See {@linkcode ResourceLimits}. */
const IDLE_THREADS = 1;
const QUERY_THREADS = 2;
const RESOURCES_LINGER_MS = 5_000;
/** What DuckDB keeps beyond what it needs when it shrinks. */
const SPARE_MIB = 8;

/** Folders beside the database file, which are there only while they are needed. */
interface Directories {
  /** For what queries write. */
  readonly exports: string;
  /** For what queries don't have in memory. */
  readonly spills: string;
}

/** DuckDB's files in the folder for spills. */
const SPILL_PREFIX = "duckdb_temp_";

/**
 * The open database. DuckDB shuts an instance down for good after a fatal error (a disk that fills
 * up in the middle of a checkpoint, say); then the file is opened anew, and every connection has to
 * be taken again. What was committed is there again; an in-memory database is empty.
 */
export class Database {
  readonly #options: Required<DatabaseOptions>;
  readonly #directories: Directories;
  readonly #resources: ResourceLimits;
  /** What DuckDB is doing. */
  readonly #work = new Set<Promise<unknown>>();
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #unfolded = new UnfoldedRows();
  #instance: DuckDBInstance;
  #generation = 1;
  /** False while the file is opened anew, and after that was in vain. */
  #isOpen = true;
  #reopening: Promise<void> | null = null;
  #fileFailure: StoreUnavailableError | null = null;

  private constructor(
    options: Required<DatabaseOptions>,
    directories: Directories,
    instance: DuckDBInstance,
  ) {
    this.#options = options;
    this.#directories = directories;
    this.#instance = instance;
    const memoryMiB = idleMemoryMiB(options);
    this.#resources = new ResourceLimits({
      idle: { memoryMiB, threads: IDLE_THREADS },
      query: { memoryMiB: Math.max(options.queryMemoryMiB, memoryMiB), threads: QUERY_THREADS },
      lingerMs: RESOURCES_LINGER_MS,
    }, (...limits) => this.#limit(limits));
  }

  /**
   * Opens (or creates) the database and brings it to the current schema.
   *
   * @throws {DatabaseOpenError} when it is locked by another process, is no DuckDB database, was
   *   written by a newer program, or its folder can't be written
   */
  static async open(
    { path, largestEventMb = 16, queryMemoryMiB = 1024 }: DatabaseOptions,
  ): Promise<Database> {
    const options = { path, largestEventMb, queryMemoryMiB };
    const base = options.path === ":memory:"
      ? join(tmpdir(), `collider-${crypto.randomUUID()}`)
      : resolve(options.path);
    const directories = { exports: `${base}.exports`, spills: `${base}.tmp` };
    const instance = await openInstance(options, directories);
    // What a crash has left there; the database's lock says that nobody else is at it.
    await Deno.remove(directories.exports, { recursive: true }).catch(() => {});
    await removeSpills(directories.spills).catch(() => {});
    return new Database(options, directories, instance);
  }

  /** The only folder that DuckDB may read and write files in, beside its own ones. */
  get exportDirectory(): string {
    return this.#directories.exports;
  }

  /** True when nothing is kept beyond the process's life. */
  get inMemory(): boolean {
    return this.#options.path === ":memory:";
  }

  /** Opens a connection; to be called within {@linkcode track}. */
  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  /** Counts how often the file was opened: connections of a former opening are dead. */
  get generation(): number {
    return this.#generation;
  }

  /** Why nothing that is written lasts; null as far as is known. */
  get fileFailure(): StoreUnavailableError | null {
    return this.#fileFailure;
  }

  /**
   * Looks whether there is still a file at its path: one that was deleted takes writes as before, and
   * is gone with all of them when it is closed. Not whether it is the same one: there are file systems
   * (of virtual machines, over networks) that can't tell.
   */
  async checkFile(): Promise<void> {
    if (this.inMemory) return;
    const { path } = this.#options;
    const isGone = await Deno.stat(path)
      .then(() => false, (cause) => cause instanceof Deno.errors.NotFound);
    this.#fileFailure = !isGone ? null : new StoreUnavailableError(
      `the database ${path} was deleted or moved: put it back, or restart the gateway`,
    );
  }

  /** Does something on a connection of its own. */
  use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.track(() => this.#use(work));
  }

  /**
   * Has DuckDB do something, for which the file stays open: while it is opened anew, that waits.
   * After a fatal error it is opened anew; if that is in vain, whoever comes next tries it again.
   *
   * @throws {DatabaseOpenError} if the file can't be opened anew
   */
  async track<T>(work: () => Promise<T>): Promise<T> {
    while (!this.#isOpen) await this.#openAnew();
    const generation = this.#generation;
    const working = work();
    this.#work.add(working);
    try {
      return await working;
    } catch (cause) {
      const isShutDown = isFatal(cause) && generation === this.#generation;
      if (isShutDown) await this.#openAnew().catch(() => {});
      throw cause;
    } finally {
      this.#work.delete(working);
    }
  }

  /**
   * Has those who keep connections close them before the file is closed. One that stays open would
   * keep the file open, too, and with that the process would lose its lock on the file when it is
   * closed at last, although it has opened it anew (POSIX, `fcntl`).
   */
  beforeClosing(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Lets DuckDB have what queries and large events take, until this is disposed of. */
  borrowResources(): Promise<Disposable> {
    return this.#resources.borrow();
  }

  /**
   * Has DuckDB let go of the blocks of the file that it has read. Rows that are not folded into the
   * file yet stay in memory: they would only go to a temporary file.
   */
  async shrink(): Promise<void> {
    const reader = await this.use((connection) =>
      connection.runAndReadAll(
        "SELECT sum(memory_usage_bytes)::DOUBLE FROM duckdb_memory() WHERE tag <> 'BASE_TABLE'",
      )
    );
    const neededMiB = Math.ceil(Number(reader.getRows()[0]![0]) / 2 ** 20);
    await this.#resources.shrink(neededMiB + SPARE_MIB);
  }

  /** Counts rows that were written. */
  countWritten(table: string, rows: number, bytes: number): void {
    this.#unfolded.add(table, rows, bytes);
  }

  /** Whether the write-ahead log should be folded before more is written. */
  get isLogLong(): boolean {
    return this.#unfolded.areMany;
  }

  /** Folds the write-ahead log into the file; where that fails, it goes on growing for a while. */
  async foldLog(): Promise<void> {
    this.#unfolded.clear();
    if (this.inMemory) return;
    await this.use((connection) => connection.run("CHECKPOINT")).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#resources.close();
    // DuckDB folds its log when it is closed; but where a client has left in the middle of a result, it
    // is not closed before that is collected.
    await this.foldLog();
    await this.#closeInstance();
  }

  /** DuckDB must not be at work in a database that is closed: it would crash the process. */
  async #closeInstance(): Promise<void> {
    await Promise.allSettled(this.#work);
    await Promise.all(this.#closers.map((close) => close()));
    this.#instance.closeSync();
  }

  #openAnew(): Promise<void> {
    this.#isOpen = false;
    return this.#reopening ??= this.#reopen().finally(() => this.#reopening = null);
  }

  async #reopen(): Promise<void> {
    await this.#closeInstance();
    this.#instance = await openInstance(this.#options, this.#directories);
    this.#generation++;
    this.#isOpen = true;
    this.#resources.renew();
  }

  async #use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  async #limit(limits: readonly Resources[]): Promise<void> {
    const sql = limits.map(({ memoryMiB, threads }) =>
      `SET memory_limit = '${memoryMiB}MiB'; SET threads = ${threads}`
    );
    await this.use((connection) => connection.run(sql.join("; ")));
  }
}

/** Whether DuckDB has shut the instance down, so that only opening the file anew helps. */
export function isFatal(error: unknown): boolean {
  return error instanceof Error &&
    /^FATAL Error|database has been invalidated/i.test(error.message);
}

function idleMemoryMiB({ largestEventMb }: Required<DatabaseOptions>): number {
  return Math.max(MEMORY_MIN_MIB, MEMORY_PER_EVENT * largestEventMb);
}

async function openInstance(
  options: Required<DatabaseOptions>,
  { exports, spills }: Directories,
): Promise<DuckDBInstance> {
  const { path } = options;
  let instance: DuckDBInstance | undefined;
  try {
    if (path !== ":memory:") {
      // What events hold is nobody else's business.
      await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    }
    instance = await DuckDBInstance.create(path, {
      memory_limit: `${idleMemoryMiB(options)}MiB`,
      threads: String(IDLE_THREADS),
      checkpoint_threshold: `${CHECKPOINT_MIB}MiB`,
      temp_directory: spills,
      // What a checkpoint has freed goes back to the system, and not only when a query needs more.
      allocator_background_threads: "true",
      // Extensions beyond the bundled ones would be downloaded: only configured hosts are contacted.
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connection = await instance.connect();
    await migrate(connection);
    // Else the days and hours of queries would be those of wherever the gateway runs.
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    await confine(connection, exports);
    connection.closeSync();
    return instance;
  } catch (cause) {
    instance?.closeSync();
    throw cause instanceof DatabaseOpenError ? cause : describeOpenFailure(path, cause);
  }
}

/** Deletes what a process that was killed has left: it may be a large part of the disk. */
async function removeSpills(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (name.startsWith(SPILL_PREFIX)) await Deno.remove(join(directory, name));
  }
  await Deno.remove(directory);
}

/** Queries come from outside too: no statement may reach other files, and none can undo this. */
async function confine(connection: DuckDBConnection, exportDirectory: string): Promise<void> {
  const directory = exportDirectory.replaceAll("'", "''");
  await connection.run(`SET allowed_directories = ['${directory}']`);
  await connection.run("SET enable_external_access = false");
}

/** Puts into words why DuckDB could not open a file. */
export function describeOpenFailure(path: string, cause: unknown): DatabaseOpenError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const firstLine = detail.split("\n", 1)[0];
  if (/could not set lock|conflicting lock|being used by another process/i.test(detail)) {
    return new DatabaseLockedError(path, { cause });
  }
  if (/not a valid duckdb database|version number/i.test(detail)) {
    return new DatabaseOpenError(
      `${path} is not a DuckDB database that this version can read: ${firstLine}`,
      "Choose another file with --db-path; this one was left as it is.",
      { cause },
    );
  }
  return new DatabaseOpenError(
    `the database ${path} can't be opened: ${firstLine}`,
    "Check that its folder can be written, or choose another file with --db-path.",
    { cause },
  );
}
