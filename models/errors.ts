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

/** The embedder refused a batch; it goes on with the others. */
export class EmbedFailedError extends ModelError {}

/** The embedder's thread could not start or died, and with it every batch it had not answered. */
export class EmbedWorkerError extends ModelError {}

/** The embedder did not answer in time and was given up, with every batch it had not answered. */
export class EmbedTimeoutError extends ModelError {}

/**
 * The embedder was given up while it was writing, and goes on writing. The slots of its batches
 * must not be published or used again, and the ring must stay mapped: only a restart helps.
 */
export class EmbedStuckError extends ModelError {}

/** As many batches as may wait for the embedder are waiting. */
export class EmbedderBusyError extends ModelError {}

/** There is no embedder: it waits to be restarted, failed too often, or was closed. */
export class EmbedderUnavailableError extends ModelError {}
