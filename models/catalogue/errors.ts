import { ModelError } from "../errors.ts";

/** No model of the catalogue has this name. */
export class UnknownModelError extends ModelError {}

/** A model is configured, or was asked for, and is not there. */
export class ModelMissingError extends ModelError {}

/** A file could not be downloaded. What has come is kept, and the next pull goes on with it. */
export class DownloadError extends ModelError {}

/** A file is not what it should be. */
export class ChecksumError extends ModelError {}

/** The disk has no room for a model. */
export class DiskSpaceError extends ModelError {}

/** Another process is installing the same model. */
export class ModelLockedError extends ModelError {}
