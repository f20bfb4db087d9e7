interface GatewayErrorOptions extends ErrorOptions {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Stable identifier for programs, in snake_case. */
  readonly code: string;
  /** What the client or the operator can do about it. */
  readonly hint: string;
}

/**
 * Base of every error the gateway answers a client with.
 *
 * The message says what is wrong, `hint` what to do about it; neither ever holds more than an
 * excerpt of what the client sent.
 */
export class GatewayError extends Error {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Stable identifier for programs, in snake_case. */
  readonly code: string;
  /** What the client or the operator can do about it. */
  readonly hint: string;

  constructor(message: string, { status, code, hint, ...options }: GatewayErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** The bytes are not UTF-8. */
export class InvalidUtf8Error extends GatewayError {
  /** @param offset Where the first invalid sequence lies, in bytes. */
  constructor(offset: number) {
    super(`the text is not valid UTF-8 near byte ${offset}`, {
      status: 400,
      code: "invalid_utf8",
      hint: "Encode the body as UTF-8; RFC 8259 allows no other encoding for JSON.",
    });
  }
}

/** The text is not JSON by RFC 8259. */
export class InvalidJsonError extends GatewayError {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;

  constructor(problem: string, hint: string, at: { line: number; column: number }) {
    super(`invalid JSON at line ${at.line}, column ${at.column}: ${problem}`, {
      status: 400,
      code: "invalid_json",
      hint,
    });
    this.line = at.line;
    this.column = at.column;
  }
}

/** Arrays and objects are nested deeper than the limit. */
export class TooDeepError extends GatewayError {
  constructor(maxDepth: number) {
    super(`the JSON is nested deeper than ${maxDepth} levels`, {
      status: 413,
      code: "json_too_deep",
      hint: "Flatten the event, or send the nested part as a string.",
    });
  }
}

/** All objects together have more members than the limit. */
export class TooManyMembersError extends GatewayError {
  constructor(maxMembers: number) {
    super(`the JSON has more than ${maxMembers} object members`, {
      status: 413,
      code: "json_too_many_members",
      hint: "Split it into several events, sent together as application/x-ndjson.",
    });
  }
}

/** An object has two members of the same name, of which readers would see different ones. */
export class DuplicateMemberError extends GatewayError {
  readonly path: string;

  constructor(path: string) {
    super(`${path}: this member is there twice`, {
      status: 400,
      code: "json_duplicate_member",
      hint: "Give every member of an object its own name.",
    });
    this.path = path;
  }
}

/** A number is too large for an IEEE 754 double and would become Infinity. */
export class NumberOverflowError extends GatewayError {
  readonly path: string;

  constructor(path: string) {
    super(`${subject(path, "number")} is larger than 1.797e308`, {
      status: 400,
      code: "json_number_overflow",
      hint: "Send numbers beyond the range of a double as strings.",
    });
    this.path = path;
  }
}

/** A string escapes half of a surrogate pair, which no UTF-8 text can hold. */
export class LoneSurrogateError extends GatewayError {
  readonly path: string;

  constructor(path: string) {
    super(`${subject(path, "string")} escapes only half of a character`, {
      status: 400,
      code: "json_lone_surrogate",
      hint:
        "Write characters beyond U+FFFF as two escapes, \\ud83d\\ude00, or directly in UTF-8; " +
        "a string cut at a fixed length often loses the second half.",
    });
    this.path = path;
  }
}

/** The JSON is fine but a known member of the event is not. */
export class InvalidEventError extends GatewayError {
  /** The member, e.g. `sentiment`; empty for the event itself. */
  readonly path: string;

  constructor(path: string, problem: string, hint: string) {
    super(`${path === "" ? "the event" : path}: ${problem}`, {
      status: 400,
      code: "invalid_event",
      hint,
    });
    this.path = path;
  }
}

/** A CloudEvent lacks a required attribute or has one of the wrong form. */
export class InvalidCloudEventError extends GatewayError {
  /** The attribute or the header that carries it, e.g. `ce-id`; empty for the event itself. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path === "" ? "the CloudEvent" : path}: ${problem}`, {
      status: 400,
      code: "invalid_cloud_event",
      hint: "See the CloudEvents 1.0 specification for the attributes, " +
        "or send the event as plain application/json.",
    });
    this.path = path;
  }
}

function subject(path: string, kind: string): string {
  return path === "" ? `the ${kind}` : `${path}: the ${kind}`;
}
