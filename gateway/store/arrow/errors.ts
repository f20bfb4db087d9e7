import { GatewayError } from "../../event/errors.ts";

/** A value of a result can't be said in Arrow's types. */
export class UnrepresentableValueError extends GatewayError {
  constructor(problem: string) {
    super(`${problem}, so it has no equivalent in Arrow`, {
      status: 422,
      code: "unrepresentable_value",
      hint: "Cast the column to VARCHAR in the query.",
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
