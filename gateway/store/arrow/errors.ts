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
