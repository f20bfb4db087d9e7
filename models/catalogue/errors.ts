import { ModelError, type ModelErrorOptions } from "../errors.ts";

/** No model of the catalogue has this name, or it is not installed. */
export class UnknownModelError extends ModelError {}

/** A model is configured, or was asked for, and is not there. */
export class ModelMissingError extends ModelError {}

/** A file could not be downloaded, but may be later. What has come is kept for the next attempt. */
export class DownloadError extends ModelError {
  /** When the server wants to be asked again, ms from now, if it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ModelErrorOptions & { retryAfterMs?: number | undefined }) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The server won't give a file however often it is asked. */
export class DownloadRefusedError extends ModelError {}

/** A file is not what it should be. */
export class ChecksumError extends ModelError {}

/** The disk has no room for a model. */
export class DiskSpaceError extends ModelError {}

/** Another process is installing the same model. */
export class ModelLockedError extends ModelError {}
