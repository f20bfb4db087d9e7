/** A gateway that was asked gave no good answer; the subclass says why. */
export class ClientError extends Error {
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** Nothing answers. */
export class GatewayUnreachableError extends ClientError {
  constructor(url: string, options: ErrorOptions = {}) {
    super(
      `no gateway answers at ${url}`,
      "Start it with `collider`, or say where it is with --url or --port.",
      options,
    );
  }
}

/** The connection stands, and nothing comes. */
export class GatewaySilentError extends ClientError {
  constructor(limitMs: number) {
    super(
      `nothing came from the gateway for ${limitMs / 1000} s`,
      "Check the network, and that --url is the address of a gateway.",
    );
  }
}

/** The gateway does not want to do what it was asked. */
export class GatewayRefusedError extends ClientError {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string, hint: string) {
    super(message, hint);
    this.status = status;
  }
}

/** What came is not what a gateway says. */
export class GatewayAnswerError extends ClientError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, "Check that --url is the address of a gateway of this version.", options);
  }
}
