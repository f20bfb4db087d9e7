import { GatewayError } from "../event/errors.ts";

/** The store can't take writes now. What was refused is not stored; the client may try again. */
export class StoreUnavailableError extends GatewayError {
  constructor(problem: string, options: ErrorOptions = {}) {
    super(problem, {
      status: 503,
      code: "store_unavailable",
      hint: "Check the free space and the permissions of the database's folder, then try again.",
      ...options,
    });
  }
}

/** The bounded queue in front of the group commit is full. */
export class StoreBusyError extends GatewayError {
  constructor() {
    super("too many events wait to be stored", {
      status: 503,
      code: "store_busy",
      hint: "Try again after the seconds given in Retry-After.",
    });
  }
}

/** What was asked for does not fit into the memory that the database may use. */
export class ResultTooLargeError extends GatewayError {
  constructor(options: ErrorOptions) {
    super("these events are too large to be listed at once", {
      status: 413,
      code: "result_too_large",
      hint: "Ask for fewer at a time with limit, and go on with cursor; or try again later.",
      ...options,
    });
  }
}

/** The database can't be opened: locked, damaged, not a database, or out of reach. */
export class DatabaseOpenError extends GatewayError {
  constructor(problem: string, hint: string, options: ErrorOptions = {}) {
    super(problem, { status: 503, code: "database_unavailable", hint, ...options });
  }
}

/** Another process has the database open. */
export class DatabaseLockedError extends DatabaseOpenError {
  constructor(path: string, options: ErrorOptions) {
    super(
      `the database ${path} is locked by another process`,
      "Stop the other gateway, or choose another file with --db-path.",
      options,
    );
  }
}

/** The database was written by a newer version of this program. */
export class DatabaseTooNewError extends DatabaseOpenError {
  constructor(found: number, known: number) {
    super(
      `the database has schema version ${found}, this program knows versions up to ${known}`,
      "Upgrade collider, or choose another database with --db-path.",
    );
  }
}

/** The query does something else than reading, or DuckDB can't make sense of it. */
export class QueryRefusedError extends GatewayError {
  constructor(problem: string, options: ErrorOptions = {}) {
    super(problem, {
      status: 400,
      code: "query_refused",
      hint: "Send one SELECT over the relations of the store; DESCRIBE events shows its columns.",
      ...options,
    });
  }
}

/** Too many queries are running. */
export class QueryBusyError extends GatewayError {
  constructor() {
    super("too many queries are running", {
      status: 503,
      code: "query_busy",
      hint: "Try again after the seconds given in Retry-After.",
    });
  }
}

/** The query was ended because it took too long. */
export class QueryTimeoutError extends GatewayError {
  constructor(timeoutMs: number) {
    super(`the query took longer than ${timeoutMs / 1000} s`, {
      status: 422,
      code: "query_timeout",
      hint: "Ask for less: an interval of received_at, fewer columns, a LIMIT.",
    });
  }
}

/** The query needs more memory than the database may use. */
export class QueryTooLargeError extends GatewayError {
  constructor(options: ErrorOptions) {
    super("the query needs more memory than the database may use", {
      status: 422,
      code: "query_too_large",
      hint: "Ask for less at once: an interval of received_at, fewer columns, smaller groups.",
      ...options,
    });
  }
}

/** The events that are to be searched do not fit into the memory that the database may use. */
export class SearchTooLargeError extends GatewayError {
  constructor(options: ErrorOptions) {
    super("these are too many or too large events to be searched by words at once", {
      status: 422,
      code: "search_too_large",
      hint: "Search fewer, by a filter such as since, or with mode vector; or try again later.",
      ...options,
    });
  }
}

/** A query failed after its first rows were there. DuckDB's client does not tell why. */
export class QueryFailedError extends GatewayError {
  constructor() {
    super("the query was interrupted, or failed on one of its rows", {
      status: 422,
      code: "query_failed",
      hint: "Look for casts and functions that can't take every row, or ask for fewer rows.",
    });
  }
}

/**
 * Whether DuckDB failed because of too little memory: in appending and in committing it leaves out
 * what kind of error it is.
 */
export function isOutOfMemory(cause: unknown): boolean {
  return cause instanceof Error &&
    /^Out of Memory Error|Failed to (append|commit): (could not|failed to) (allocate|pin)/i.test(
      cause.message,
    );
}

/** Whether DuckDB failed because the disk is full. */
export function isOutOfDiskSpace(cause: unknown): boolean {
  return cause instanceof Error &&
    /^IO Error: .*(no space left on device|not enough space on the disk|disk quota exceeded)/i
      .test(cause.message);
}
