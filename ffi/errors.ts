/** What every error of the ring carries besides its message. */
export interface RingErrorOptions extends ErrorOptions {
  /** What the operator can do about it, naming the flag to change. */
  hint: string;
}

/** The ring can't be used; the subclass says why. */
export class RingError extends Error {
  /** What the operator can do about it, naming the flag to change. */
  readonly hint: string;

  constructor(message: string, { hint, ...options }: RingErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** Another gateway writes to this ring; there can only be one. */
export class RingLockedError extends RingError {}

/** The file system has no room for a ring of this capacity. */
export class RingSpaceError extends RingError {}

/** The file is no ring, one of another version or shape, or damaged. It was left as it is. */
export class RingFormatError extends RingError {}

/** The path can't hold a ring: not a regular file, not ours, no permission, no such directory. */
export class RingPathError extends RingError {}

/** The operating system refused for a reason that has nothing to do with rings. */
export class RingSystemError extends RingError {}

/** The ring was used after it was closed. */
export class RingClosedError extends RingError {}

/** The native library is missing, or is not one of this version. */
export class RingLibraryError extends RingError {}
