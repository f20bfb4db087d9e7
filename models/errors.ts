/** What every error of a model carries besides its message. */
export interface ModelErrorOptions extends ErrorOptions {
  /** What the operator can do about it. */
  hint: string;
}

/** A model gave no result; the subclass says why. */
export class ModelError extends Error {
  /** What the operator can do about it. */
  readonly hint: string;

  constructor(message: string, { hint, ...options }: ModelErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** The model refused a request; it goes on with the others. */
export class ModelFailedError extends ModelError {}

/** The model's thread could not start or died, and with it every request it had not answered. */
export class ModelWorkerError extends ModelError {}

/** The model did not answer in time and was given up, with every request it had not answered. */
export class ModelTimeoutError extends ModelError {}

/**
 * The model was given up while it was writing, and goes on writing. The ring slots of its requests
 * must not be published or used again, and the ring must stay mapped: only a restart helps.
 */
export class ModelStuckError extends ModelError {}

/** As many requests as may wait for the model are waiting. */
export class ModelBusyError extends ModelError {}

/**
 * There is no model: it waits to be restarted, failed too often, or was closed; or the server that has it
 * does not answer, or not to anybody.
 */
export class ModelUnavailableError extends ModelError {}
