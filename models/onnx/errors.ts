import { ModelError } from "../errors.ts";

/** A model's file is missing, damaged, or not what it should be. */
export class ModelFileError extends ModelError {}

/** The device that was asked for can't run the model. */
export class DeviceUnavailableError extends ModelError {}
