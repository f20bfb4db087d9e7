import { join } from "node:path";
import type { DuckDBConnection, DuckDBResult, Json } from "@duckdb/node-api";
import {
  isOutOfDiskSpace,
  isOutOfMemory,
  QueryBusyError,
  QueryRefusedError,
  QueryTimeoutError,
  QueryTooLargeError,
  StoreUnavailableError,
} from "./errors.ts";
import { fetchChunk } from "./fetch_chunk.ts";
import { parseReadOnly, type ReadOnlyQuery } from "./read_only_sql.ts";

/** What a query may take. */
export interface QueryLimits {
  /** Rows at most; what is more is not read. */
  readonly maxRows: number;
  /** Ends the query. */
  readonly signal: AbortSignal;
}

type Execute = (connection: DuckDBConnection) => Promise<DuckDBResult>;
type ExecuteForeign = (
  connection: DuckDBConnection,
  query: ReadOnlyQuery,
) => Promise<DuckDBResult>;

/** Queries from outside at the same time. */
const MAX_QUERIES = 4;
/** From its start until its last row is read. */
const QUERY_TIMEOUT_MS = 30_000;
const INTERRUPT_INTERVAL_MS = 10;
/** Rows that a query may ask for. */
export const MAX_QUERY_ROWS = 10_000_000;
/** Each thread holds a group until it is written, and an event may be large. */
const PARQUET_GROUP_ROWS = 4_096;

/** What queries are run with. */
export interface QueryRunnerParts {
  /** Opens a connection of its own. */
  readonly connect: () => Promise<DuckDBConnection>;
  /** Lets DuckDB have what queries take until what is returned is disposed of. */
  readonly borrowResources: () => Promise<Disposable>;
  /** The only folder that DuckDB may write files to. */
  readonly exportDirectory: string;
}

/**
 * Runs queries whose rows are handed on while they are read, none of them for long. Those that come
 * from outside only read, and are few at a time.
 */
export class QueryRunner {
  readonly #parts: QueryRunnerParts;
  readonly #running = new Set<QueryResult>();
  #foreignQueries = 0;

  constructor(parts: QueryRunnerParts) {
    this.#parts = parts;
  }

  /**
   * Starts a query, whose rows come as they are read. It must be disposed of.
   *
   * @throws {QueryRefusedError} if it does not only read, or is wrong
   * @throws {QueryBusyError} if too many are running
   * @throws {QueryTimeoutError | QueryTooLargeError} if it takes too much
   */
  async start(sql: string, { maxRows, signal }: QueryLimits): Promise<QueryResult> {
    return await this.#runForeign(sql, signal, (connection) =>
      // On a line of its own: the query may end with a comment.
      connection.stream(`FROM (\n${withoutSemicolons(sql)}\n) LIMIT ${maxRows}`));
  }

  /**
   * Starts a query of our own. It must be disposed of.
   *
   * @throws {QueryTimeoutError | QueryTooLargeError} if it takes too much
   */
  startOwn(execute: Execute, signal: AbortSignal): Promise<QueryResult> {
    return this.#run(signal, execute);
  }

  /**
   * Writes a query's rows to a Parquet file.
   *
   * @returns the file, whose name is gone already
   * @throws what {@linkcode start} throws
   */
  async exportParquet(sql: string, { maxRows, signal }: QueryLimits): Promise<Deno.FsFile> {
    const { exportDirectory } = this.#parts;
    await Deno.mkdir(exportDirectory, { recursive: true, mode: 0o700 });
    const path = join(exportDirectory, `${crypto.randomUUID()}.parquet`);
    try {
      using _result = await this.#runForeign(sql, signal, (connection, { isOrdered }) => {
        // A LIMIT, or an order that nobody asks for, has DuckDB gather a whole table in memory.
        const limit = maxRows < MAX_QUERY_ROWS ? `LIMIT ${maxRows}` : "";
        return connection.run(
          `COPY (FROM (\n${withoutSemicolons(sql)}\n) ${limit})
          TO '${path.replaceAll("'", "''")}'
          (FORMAT parquet, ROW_GROUP_SIZE ${PARQUET_GROUP_ROWS}, PRESERVE_ORDER ${isOrdered})`,
        );
      });
      return await Deno.open(path);
    } finally {
      await Deno.remove(path).catch(() => {});
      // Fails as long as others write there.
      await Deno.remove(exportDirectory).catch(() => {});
    }
  }

  /** Ends all queries; resolves when DuckDB has let go of them. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#running, (result) => result.end()));
  }

  async #runForeign(
    sql: string,
    signal: AbortSignal,
    execute: ExecuteForeign,
  ): Promise<QueryResult> {
    if (this.#foreignQueries >= MAX_QUERIES) throw new QueryBusyError();
    this.#foreignQueries++;
    return await this.#run(signal, async (connection) => {
      return await execute(connection, await parseReadOnly(connection, sql));
    }, () => this.#foreignQueries--);
  }

  async #run(
    signal: AbortSignal,
    execute: Execute,
    onClose: () => void = () => {},
  ): Promise<QueryResult> {
    const resources = await this.#parts.borrowResources();
    const release = () => {
      resources[Symbol.dispose]();
      onClose();
    };
    let result: QueryResult;
    try {
      result = new QueryResult(await this.#parts.connect(), signal, () => {
        this.#running.delete(result);
        release();
      });
    } catch (error) {
      release();
      throw error;
    }
    this.#running.add(result);
    try {
      await result.execute(execute);
      return result;
    } catch (error) {
      result[Symbol.dispose]();
      throw error;
    }
  }
}

/** A query that is running, or whose rows are being read. */
export class QueryResult implements Disposable {
  readonly #connection: DuckDBConnection;
  readonly #onClose: () => void;
  readonly #clientSignal: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #end = () => this[Symbol.dispose]();
  #result: DuckDBResult | null = null;
  /** What DuckDB is doing on the connection; null = nothing. */
  #work: Promise<unknown> | null = null;
  #isClosed = false;
  #isTooLate = false;

  constructor(connection: DuckDBConnection, clientSignal: AbortSignal, onClose: () => void) {
    this.#connection = connection;
    this.#onClose = onClose;
    this.#clientSignal = clientSignal;
    clientSignal.addEventListener("abort", this.#end);
    this.#timer = setTimeout(() => {
      this.#isTooLate = true;
      this.#end();
    }, QUERY_TIMEOUT_MS);
  }

  /** The columns' names, each once, and DuckDB's types. */
  get columns(): { readonly name: string; readonly type: string }[] {
    const types = this.result.columnTypes();
    return this.result.deduplicatedColumnNames().map((name, i) => ({ name, type: `${types[i]}` }));
  }

  /** DuckDB's result. What its chunks fail with says what to do about it. */
  get result(): DuckDBResult {
    return this.#result!;
  }

  /** The rows, some at a time, as JSON: integers of more than 32 bits as text. */
  rowObjects(): AsyncIterableIterator<Record<string, Json>[]> {
    return this.result.yieldRowObjectJson();
  }

  /** Executes a statement, whose result is then {@linkcode result}. */
  async execute(work: Execute): Promise<void> {
    // The client may have left before anybody listened.
    if (this.#clientSignal.aborted) this.#end();
    const result = await this.#guard(() => work(this.#connection));
    this.#result = Object.create(result, {
      fetchChunk: { value: () => this.#guard(() => fetchChunk(result)) },
    });
  }

  /** Has what DuckDB is doing fail. */
  interrupt(): void {
    if (!this.#isClosed) this.#connection.interrupt();
  }

  /** Ends the query; resolves when DuckDB has let go of it. */
  async end(): Promise<void> {
    const work = this.#work;
    this[Symbol.dispose]();
    await work?.catch(() => {});
  }

  /** Ends the query and frees what it holds. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#clientSignal.removeEventListener("abort", this.#end);
    this.#onClose();
    // DuckDB must not be at work on a connection that is closed.
    if (this.#work === null) this.#connection.closeSync();
    else this.#interruptWork(this.#work);
  }

  /** Again and again, because an interrupt that comes just before a statement starts is lost. */
  #interruptWork(work: Promise<unknown>): void {
    this.#connection.interrupt();
    const timer = setInterval(() => this.#connection.interrupt(), INTERRUPT_INTERVAL_MS);
    const stop = () => clearInterval(timer);
    work.then(stop, stop);
  }

  /**
   * Has DuckDB do something.
   *
   * @throws {QueryTimeoutError | QueryTooLargeError | QueryRefusedError} saying why it failed
   */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw this.#explain(null);
    try {
      this.#work = work();
      return await this.#work as T;
    } catch (cause) {
      throw this.#explain(cause);
    } finally {
      this.#work = null;
      if (this.#isClosed) this.#connection.closeSync();
    }
  }

  #explain(cause: unknown): unknown {
    if (this.#isTooLate) return new QueryTimeoutError(QUERY_TIMEOUT_MS);
    if (this.#isClosed) return new StoreUnavailableError("the query has been ended");
    if (!(cause instanceof Error)) return cause;
    if (isOutOfMemory(cause)) return new QueryTooLargeError({ cause });
    if (isOutOfDiskSpace(cause)) {
      return new StoreUnavailableError("the query finds no room on the disk", { cause });
    }
    const [problem = ""] = cause.message.split("\n", 1);
    const [said] = /\w[\w ]* Error: .*/.exec(problem) ?? [];
    return said === undefined ? cause : new QueryRefusedError(said, { cause });
  }
}

function withoutSemicolons(sql: string): string {
  return sql.replace(/[;\s]+$/, "");
}
