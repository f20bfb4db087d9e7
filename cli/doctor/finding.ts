/** How well a thing is: `warning` = the gateway runs, but not with all that it could have. */
export type FindingStatus = "ok" | "warning" | "broken";

/** What was found out about one thing that the gateway needs. */
export interface Finding {
  /** The thing, in one word or two. */
  readonly name: string;
  readonly status: FindingStatus;
  readonly message: string;
  /** What to do about it; null if nothing has to be done. */
  readonly hint: string | null;
}

/** The thing is as it should be. */
export function ok(name: string, message: string): Finding {
  return { name, status: "ok", message, hint: null };
}

/** The gateway runs without it. */
export function warning(name: string, message: string, hint: string): Finding {
  return { name, status: "warning", message, hint };
}

/** The gateway can't run like this, or not as it was told. */
export function broken(name: string, message: string, hint: string): Finding {
  return { name, status: "broken", message, hint };
}

/** Finds out what an error says, which may have a hint of its own. */
export function brokenBy(name: string, error: unknown, hint: string): Finding {
  const { message, hint: own } = error as Error & { readonly hint?: string };
  return broken(name, message, own ?? hint);
}
