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
      hint: "Ask for fewer at a time with limit, and go on with cursor.",
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

/** The database was written by a newer version of this program. */
export class DatabaseTooNewError extends DatabaseOpenError {
  constructor(found: number, known: number) {
    super(
      `the database has schema version ${found}, this program knows versions up to ${known}`,
      "Upgrade collider, or choose another database with --db-path.",
    );
  }
}
