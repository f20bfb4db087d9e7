/** A release can't be made; the subclass says why. */
export class ReleaseError extends Error {
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, { hint, ...options }: ErrorOptions & { hint: string }) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** There is no native code for this platform. */
export class UnsupportedPlatformError extends ReleaseError {}

/** The program can't be bundled, or a file is missing without which it would not run. */
export class BundleError extends ReleaseError {}

/** The executable would be too large. */
export class PayloadError extends ReleaseError {}

/** Deno's runtime for executables can't be had here. */
export class RuntimeMissingError extends ReleaseError {}

/** `deno compile` failed, or what it made does not run. */
export class CompileError extends ReleaseError {}
