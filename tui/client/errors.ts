/** The gateway does not answer. */
export class GatewayLostError extends Error {
  override readonly name = "GatewayLostError";

  constructor(options: ErrorOptions = {}) {
    super("no answer from the gateway", options);
  }
}

/** What the user of a client can do when the gateway asks for a token, or for another one. */
export const TOKEN_HINT =
  "Give it with --token, or better in GATEWAY_TOKEN, which the list of processes doesn't show.";

/** The gateway answers that it can't, or won't. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  /** HTTP status. */
  readonly status: number;
  /** What to do about it, if the gateway says so. */
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}
