import type { LlmError } from "../../llm/errors.ts";
import type { ModelError } from "../../models/errors.ts";
import { GatewayError } from "../event/errors.ts";

/** The request lacks the token, or a valid signature. */
export class UnauthorizedError extends GatewayError {
  constructor(problem: string, hint: string) {
    super(problem, { status: 401, code: "unauthorized", hint });
  }
}

/** Nothing is at this path, or it was not found. */
export class NotFoundError extends GatewayError {
  constructor(problem: string, hint: string) {
    super(problem, { status: 404, code: "not_found", hint });
  }
}

/** The path is there, for other methods. */
export class MethodNotAllowedError extends GatewayError {
  readonly allowed: readonly string[];

  constructor(method: string, path: string, allowed: readonly string[]) {
    super(`${method} is not possible on ${path}`, {
      status: 405,
      code: "method_not_allowed",
      hint: `Use ${allowed.join(" or ")}.`,
    });
    this.allowed = allowed;
  }
}

/** The body is in a form that this path does not take. */
export class UnsupportedMediaTypeError extends GatewayError {
  constructor(problem: string, hint: string) {
    super(problem, { status: 415, code: "unsupported_media_type", hint });
  }
}

/** The body, or what it decompresses to, is larger than allowed. */
export class BodyTooLargeError extends GatewayError {
  constructor(what: string, maxBytes: number) {
    super(`${what} is larger than ${maxBytes} bytes`, {
      status: 413,
      code: "body_too_large",
      hint: "Send less at once; events as application/x-ndjson, or raise --max-body-mb for them.",
    });
  }
}

/** The body ended early, or is not compressed as it says. */
export class BrokenBodyError extends GatewayError {
  constructor(problem: string, options: ErrorOptions = {}) {
    super(problem, {
      status: 400,
      code: "broken_body",
      hint: "Check how the body is compressed and sent.",
      ...options,
    });
  }
}

/** The gateway stops, and had not got the whole body. */
export class StoppingError extends GatewayError {
  constructor(options: ErrorOptions = {}) {
    super("the gateway is stopping and took no more of the body", {
      status: 503,
      code: "stopping",
      hint: "Send what is not stored again when the gateway is back.",
      ...options,
    });
  }
}

/** What was asked for needs something that is not configured. */
export class NotConfiguredError extends GatewayError {
  constructor(problem: string, hint: string) {
    super(problem, { status: 501, code: "not_configured", hint });
  }
}

/** A model gave no answer; it may give one later. */
export class ModelUnavailableError extends GatewayError {
  constructor(cause: ModelError) {
    super(cause.message, { status: 503, code: "model_unavailable", hint: cause.hint, cause });
  }
}

/** The language model gave no answer; it may give one later. */
export class LlmFailedError extends GatewayError {
  constructor(cause: LlmError, status: 429 | 503) {
    super(cause.message, { status, code: "llm_unavailable", hint: cause.hint, cause });
  }
}

/** A parameter or member of a request is missing or wrong. */
export class InvalidRequestError extends GatewayError {
  constructor(problem: string, hint = "See /docs for what this path takes.") {
    super(problem, { status: 400, code: "invalid_request", hint });
  }
}

/** So many clients follow events that one more is not served. */
export class TooManySubscribersError extends GatewayError {
  constructor() {
    super("too many clients follow events", {
      status: 503,
      code: "too_many_subscribers",
      hint: "Try again after the seconds given in Retry-After, or read /api/events.",
    });
  }
}

/** A page of another site sends the request through its visitor's browser. */
export class ForbiddenOriginError extends GatewayError {
  constructor(origin: string) {
    super(`pages of ${origin.slice(0, 200)} may not use this gateway`, {
      status: 403,
      code: "forbidden_origin",
      hint: "Send it from a program, or start the gateway with --token.",
    });
  }
}

/** The request was sent to a name that anybody could have made to point here. */
export class ForbiddenHostError extends GatewayError {
  constructor(host: string) {
    super(`this gateway is not called ${host.slice(0, 200)}`, {
      status: 403,
      code: "forbidden_host",
      hint: "Use localhost or its address, or start the gateway with --token.",
    });
  }
}

/** The path speaks another protocol. */
export class UpgradeRequiredError extends GatewayError {
  constructor() {
    super("this path speaks WebSocket", {
      status: 426,
      code: "upgrade_required",
      hint: "Use a WebSocket client, or /api/events/stream.",
    });
  }
}
