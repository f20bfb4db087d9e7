/** The command line, a variable or the configuration file asks for something that can't be. */
export class UsageError extends Error {
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** The configuration file can't be read, is not TOML, or has a key that is no setting. */
export class ConfigFileError extends UsageError {}

/** A variable or a key of the configuration file has a value that its setting can't take. */
export class SettingValueError extends UsageError {}

/** What is written out goes nowhere: the disk is full, say. */
export class StandardOutputError extends Error {
  /** What to do about it. */
  readonly hint = "Check the free space of where the output goes.";

  constructor(cause: Error) {
    super(`the output can't be written: ${cause.message}`, { cause });
    this.name = new.target.name;
  }
}
