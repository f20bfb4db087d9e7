/** What every error of a language model carries besides its message. */
export interface LlmErrorOptions extends ErrorOptions {
  /** What the operator can do about it. */
  hint: string;
}

/** A language model gave no answer; the subclass says why. */
export class LlmError extends Error {
  /** What the operator can do about it. */
  readonly hint: string;

  constructor(message: string, { hint, ...options }: LlmErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** There is no server, or it fails. */
export class LlmUnavailableError extends LlmError {}

/** The server failed repeatedly and is not asked for a while. */
export class LlmLeftOutError extends LlmUnavailableError {
  constructor() {
    super("the language model failed repeatedly and is left out for now", {
      hint: "see that its server runs; it is tried again after a while",
    });
  }
}

/** The server, or this client, has more to do than it takes on. */
export class LlmBusyError extends LlmError {}

/** The answer, or its next piece, did not come in time. */
export class LlmTimeoutError extends LlmError {}

/** The server understood the request and does not want it: no such model, wrong key, too long. */
export class LlmRefusedError extends LlmError {}

/** What came is no answer, or only its beginning. */
export class LlmBrokenAnswerError extends LlmError {}

/** The answer is larger than is read. */
export class LlmAnswerTooLargeError extends LlmError {}
